// Signing out takes what waits on this device with it, after asking.

import { acts, clear, seen } from "./field-queue.js";

// What waits for the person who was here last.
async function waiting() {
  const account = (await seen())?.account;
  const all = (await acts()).filter((act) => act.account === account);
  return { account, count: all.filter((act) => act.state !== "sent").length };
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.getAttribute("action") !== "/sign-out" || form.dataset.asked === "yes" || !window.indexedDB) return;
  event.preventDefault();
  const go = () => { form.dataset.asked = "yes"; form.requestSubmit(); };
  let here = null;
  try {
    here = await waiting();
  } catch {
    // A browser that keeps nothing has nothing to lose.
    return go();
  }
  const dialog = document.getElementById("leave");
  if (here.count > 0 && dialog) {
    dialog.querySelector("[data-count]").textContent = String(here.count);
    dialog.addEventListener("close", async () => {
      if (dialog.returnValue !== "leave") return;
      await clear(here.account);
      go();
    }, { once: true });
    dialog.returnValue = "";
    dialog.showModal();
    return;
  }
  if (here.account) await clear(here.account);
  go();
  // Before the one that lets a form be sent once: it must not count this as a sending.
}, true);
