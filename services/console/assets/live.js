// Keeps the parts of a page up to date, and lets a form be sent once.
//
// A stream of server-sent events names the parts that have changed; each is fetched from the page's
// own address and put in place. When the stream opens, at first or after a cut, all parts are fetched
// once: what has changed before it was there is not missed.
// A part in which somebody writes is not replaced: a button offers to. Without this script all pages
// work by being loaded again.

const state = document.getElementById("live-state");
const parts = () => [...document.querySelectorAll("[data-live]")];
const named = (name) => document.querySelector(`[data-live="${CSS.escape(name)}"]`);

/** Says something in the corner; nothing hides it. */
function say(text) {
  state.textContent = text;
  state.hidden = text === "";
}

/** Whether somebody writes in it, sends it, or has opened something in it (`data-open` came open). */
function isInUse(part) {
  const dirty = part.querySelector("form[data-dirty], form[data-sent]") !== null;
  const open = part.querySelector("details[open]:not([data-open]) form") !== null;
  const writes = part.contains(document.activeElement)
    && document.activeElement.matches("input, textarea, select");
  return dirty || open || writes;
}

/** Fetches a part and puts it in place. */
async function show(name, force = false) {
  const part = named(name);
  if (part === null) return;
  if (!force && isInUse(part)) return offer(part, name);
  const address = new URL(location.href);
  address.searchParams.set("part", name);
  let answer;
  try {
    answer = await fetch(address, { headers: { accept: "text/html" }, cache: "no-store" });
  } catch {
    return; // The stream says so when the line is down, and comes back for it.
  }
  if (answer.status === 401) return location.reload();
  if (!answer.ok) return;
  const text = await answer.text();
  // Somebody may have begun to write while it was fetched.
  if (!force && isInUse(part)) return offer(part, name);
  if (part.innerHTML === text) return;
  const focus = keep(part);
  part.innerHTML = text;
  restore(part, focus);
  part.dispatchEvent(new CustomEvent("part", { bubbles: true, detail: name }));
}

/** What has the focus in a part, by what finds it again. */
function keep(part) {
  const active = document.activeElement;
  if (!part.contains(active)) return null;
  if (active.id) return `#${CSS.escape(active.id)}`;
  const href = active.getAttribute("href");
  return href === null ? null : `a[href="${CSS.escape(href)}"]`;
}

function restore(part, focus) {
  if (focus !== null) part.querySelector(focus)?.focus({ preventScroll: true });
}

/** Offers to show a part anew in which somebody writes. */
function offer(part, name) {
  if (part.firstElementChild?.matches("button.changed")) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "changed";
  button.textContent = document.body.dataset.changed;
  button.addEventListener("click", () => { button.remove(); show(name, true); });
  part.prepend(button);
}

/** Follows the stream of this page. The browser opens it again when it breaks off. */
function follow(url) {
  let timers = new Map();
  let wasCut = false;
  let stream = null;
  const later = (name) => {
    clearTimeout(timers.get(name));
    timers.set(name, setTimeout(() => show(name), 50));
  };
  const open = () => {
    stream = new EventSource(url);
    stream.addEventListener("part", (event) => later(event.data));
    stream.addEventListener("open", () => {
      say("");
      document.documentElement.dataset.stream = "open";
      // What is slow to make has just been asked for when the page is new.
      const all = parts().filter((part) => wasCut || part.dataset.load === undefined);
      all.forEach((part) => show(part.dataset.live));
      wasCut = false;
    });
    stream.addEventListener("error", () => {
      wasCut = true;
      document.documentElement.dataset.stream = "cut";
      say(document.body.dataset.lost);
      if (stream.readyState === EventSource.CLOSED) setTimeout(again, 3000);
    });
  };
  // The browser gives up when it was answered with an error: it may be that the session is over.
  const again = async () => {
    try {
      const answer = await fetch(url, { method: "HEAD", cache: "no-store" });
      if (answer.status === 401) return location.reload();
    } catch { /* still down */ }
    open();
  };
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => { if (event.persisted) { wasCut = true; open(); } });
  open();
}

// What is slow to make is fetched when the page is there.
for (const part of document.querySelectorAll("[data-live][data-load]")) show(part.dataset.live);

const url = document.body.dataset.liveUrl;
if (url !== undefined) follow(url);

// A form is sent once: the button that sent it is out of use until the answer is there.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent !== undefined) return event.preventDefault();
  form.dataset.sent = "";
  for (const button of form.querySelectorAll("button[type=submit]")) button.setAttribute("aria-disabled", "true");
});
// Back from the next page, it may be sent again: the request is the same one.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
  }
});
document.addEventListener("input", (event) => {
  const form = event.target.closest("form");
  if (form !== null && form.method === "post") form.dataset.dirty = "";
});
