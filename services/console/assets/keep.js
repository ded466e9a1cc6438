// What a person has typed is there again when the act was refused: nobody types a thing twice.
//
// It is kept in this window only, until the next page says what came of it. Passwords, files and
// hidden fields are never kept.

const KEY = "muster-typed";
const isKept = (one) => one.name && !["password", "file", "hidden", "submit", "button"].includes(one.type);

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || !form.id || form.id === "sign-in") return;
  const fields = [...form.elements].filter(isKept).map((one) => ({
    name: one.name, value: one.value, type: one.type, checked: one.checked,
    chosen: one.multiple ? [...one.selectedOptions].map((option) => option.value) : undefined,
  }));
  sessionStorage.setItem(KEY, JSON.stringify({ path: location.pathname, form: form.id, fields }));
});

// Puts it back where the page says that the act was refused.
function restore() {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  sessionStorage.removeItem(KEY);
  const form = kept && document.getElementById(kept.form);
  if (!form || kept.path !== location.pathname || !document.querySelector("#notice.bad")) return;
  for (const { name, value, type, checked, chosen } of kept.fields) {
    for (const one of [...form.elements].filter((one) => one.name === name && isKept(one))) {
      if (type === "checkbox" || type === "radio") one.checked = one.value === value ? checked : one.checked;
      else if (chosen) for (const option of one.options) option.selected = chosen.includes(option.value);
      else one.value = value;
    }
  }
  form.dataset.dirty = "";
  const box = form.closest("details");
  if (box) box.open = true;
}

restore();
