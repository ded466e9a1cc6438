// The page for the field: what a team says from a phone, with network or without.
//
// An act is on the device's disk before it is shown as waiting, with the id of its request and the
// device's time. Acts are sent in order, one at a time; one that is refused is shown with the reason
// until the person has seen it, and those behind it go on. Nothing is sent for another account.

import { ACTS_MAX, acts, add, put, remove, see, seen, sent } from "./field-queue.js";

const page = document.getElementById("field");
// How often it looks again, milliseconds.
const AGAIN = 15_000;
// From here on the device's clock is wrong enough to be told, as the server refuses by it.
const APART = 240_000;

const words = Object.fromEntries([...document.getElementById("field-words").content.children]
  .map((one) => [one.dataset.word, one.textContent]));
const say = (word, ...with_) => with_.reduce((text, one) => text.replace("{}", one), words[word] ?? word);

// What the server said last of the unit's parts; from the device where there is no network.
let here = null;
let is_online = false;
// The word of the session that every act must bring; never kept on the device.
let csrf = "";

function copy(name) {
  return document.getElementById(`field-${name}`).content.firstElementChild.cloneNode(true);
}

function fill(element, values) {
  for (const [name, value] of Object.entries(values)) {
    for (const one of element.querySelectorAll(`[data-fill=${name}]`)) one.textContent = value;
  }
}

// A moment in the city's time.
function time(ms) {
  const at = new Date(ms + (here?.offset_minutes ?? -new Date().getTimezoneOffset()) * 60_000);
  return at.toISOString().replace("T", " ").slice(0, 16);
}

function id() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `field/${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

// === asking the server ===

async function look() {
  try {
    const answer = await fetch("/field/parts?part=parts", { redirect: "manual", headers: { accept: "application/json" } });
    is_online = true;
    if (answer.type === "opaqueredirect" || answer.status === 401) {
      csrf = "";
      here = null;
      return tell("sign-in");
    }
    if (!answer.ok) {
      here ??= await seen();
      return tell("trouble");
    }
    const said = await answer.json();
    csrf = said.csrf;
    delete said.csrf;
    here = said;
    await see(said);
    const apart = Math.abs(Date.now() - said.now_ms) > APART;
    tell(apart ? "clock" : "online");
  } catch {
    is_online = false;
    here ??= await seen();
    tell("offline");
  }
}

function tell(state) {
  const line = document.getElementById("field-state");
  if (line.dataset.state === state) return;
  line.dataset.state = state;
  line.textContent = say(state);
  document.getElementById("field-sign-in").hidden = state !== "sign-in";
}

// Sends one act; says whether the next may follow.
async function post(act) {
  const form = new FormData();
  form.set("csrf", csrf);
  const { photo, state, reason, code, order, ...said } = act;
  form.set("act", JSON.stringify(said));
  if (photo) form.set("photo", photo, "photo");
  let answer = null;
  try {
    answer = await fetch("/field/acts", { method: "POST", body: form, redirect: "manual",
      headers: { accept: "application/json" } });
  } catch {
    is_online = false;
    tell("offline");
    return false;
  }
  if (answer.type === "opaqueredirect" || answer.status === 401) {
    csrf = "";
    tell("sign-in");
    return false;
  }
  const body = await answer.json().catch(() => null);
  if (answer.ok && body) {
    await sent(act);
    return true;
  }
  // The form was of another session: the next look brings the word of this one.
  if (body?.code === "FORM_OUT_OF_DATE") {
    csrf = "";
    return false;
  }
  if (body?.is_final) {
    await put({ ...act, state: "refused", reason: body.text, code: body.code });
    return true;
  }
  await put({ ...act, reason: body?.text ?? say("trouble") });
  return false;
}

// Sends what waits, in order. One page of a device does so at a time; a second one would do no harm.
async function send() {
  const work = async () => {
    if (!csrf || !here) return;
    const mine = (act) => act.account === here.account && act.state === "waiting";
    for (const act of (await acts()).filter(mine)) {
      if (!await post(act)) break;
      await show();
    }
  };
  if (navigator.locks) {
    await navigator.locks.request("muster-field", { ifAvailable: true }, (lock) => lock && work());
  } else {
    await work();
  }
}

let turning = null;
let isAskedAgain = false;

// Looks, sends and shows; one turn at a time, and another one when it was asked for meanwhile.
function turn() {
  isAskedAgain = true;
  turning ??= (async () => {
    try {
      while (isAskedAgain) {
        isAskedAgain = false;
        await once();
      }
    } finally {
      turning = null;
    }
  })();
  return turning;
}

async function once() {
  await look();
  await show();
  const waits = (await acts()).some((act) => act.state === "waiting");
  await send();
  if (waits && is_online) {
    const isOld = csrf === "";
    await look();
    if (isOld) await send();
  }
  await show();
}

// === what the person says ===

async function queue(act) {
  const account = here?.account;
  if (!account) return tell("sign-in");
  if ((await acts()).filter((one) => one.state !== "sent").length >= ACTS_MAX) return tell("full");
  await add({ ...act, id: id(), account, at: Date.now() });
  await show();
  turn();
}

page.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-act]");
  if (!button || button.type === "submit") return;
  const operation = button.closest("[data-operation]")?.dataset.operation;
  const order = button.closest("[data-order]")?.dataset.order;
  const key = Number(button.closest("[data-key]")?.dataset.key);
  const acting = {
    "check-in": () => queue({ kind: "check_in", operation }),
    "order-take": () => queue({ kind: "answer", operation, order_id: order, is_taken: true, text: "" }),
    "field-look": () => turn(),
    "act-seen": async () => { await remove(key); await show(); },
    "act-again": async () => {
      const act = (await acts()).find((one) => one.order === key);
      if (act) await put({ ...act, state: "waiting", reason: "", code: "" });
      await turn();
    },
  }[button.dataset.act];
  // A double click says a thing once.
  if (acting && !button.disabled) {
    button.disabled = true;
    const part = button.closest("[data-operation]")?.dataset.operation;
    await acting();
    button.disabled = false;
    // A button that has done its work is gone: who works by keyboard goes on from its part.
    const isGone = !button.isConnected || button.offsetParent === null;
    if (isGone && part) document.getElementById(`part-${part}`)?.focus();
  }
});

page.addEventListener("submit", async (event) => {
  const form = event.target;
  const kind = form.dataset.act;
  if (kind !== "finding" && kind !== "order-refuse") return;
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  const value = (name) => (form.elements[name]?.value ?? "").trim();
  const operation = form.closest("[data-operation]")?.dataset.operation;
  try {
    if (kind === "order-refuse") {
      const order_id = form.closest("[data-order]").dataset.order;
      await queue({ kind: "answer", operation, order_id, is_taken: false, text: value("text") });
    } else {
      const file = form.elements.photo.files[0];
      // The bytes themselves: a reference to a file does not survive a reload.
      const photo = file ? new Blob([await file.arrayBuffer()], { type: file.type }) : null;
      const limit = Number(page.dataset.photoBytes);
      if (photo && photo.size > limit) return tell("large");
      await queue({ kind: "finding", operation, object: value("object"), vehicle: value("vehicle"),
        place: value("place"), violation: value("code"), text: value("text"), photo });
      form.reset();
    }
  } finally {
    delete form.dataset.busy;
  }
});

// === what the person sees ===

async function show() {
  const all = await acts();
  // What is typed is not taken away by a look.
  const active = document.activeElement;
  const is_typing = active && page.contains(active) && active.matches("input, textarea, select");
  if (!is_typing && !page.querySelector("form[data-busy]")) showParts(all);
  showActs(all);
}

// A form that somebody has begun to fill in stays as it is.
function keepBegun(part) {
  const isFilled = (one) => (one.type === "file" ? one.files.length > 0 : one.value !== "");
  for (const fresh of part.querySelectorAll("form[id]")) {
    const old = document.getElementById(fresh.id);
    if (old && !fresh.hidden && [...old.querySelectorAll("input, textarea")].some(isFilled)) {
      fresh.replaceWith(old);
    }
  }
  return part;
}

function showParts(all) {
  const list = document.getElementById("field-parts");
  const open = new Set([...list.querySelectorAll("details[open]")].map((one) => one.id));
  const focused = document.activeElement?.id;
  const parts = (here?.parts ?? []).map((part) => keepBegun(showPart(part, all)));
  list.replaceChildren(...parts);
  document.getElementById("field-none").hidden = parts.length > 0 || !here;
  for (const one of open) document.getElementById(one)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus();
}

function showPart(part, all) {
  const mine = (act) => act.account === here.account && act.operation === part.operation_id;
  const waits = all.filter(mine).filter((act) => act.state === "waiting");
  const element = copy("part");
  element.dataset.operation = part.operation_id;
  element.querySelector("h3").id = `part-${part.operation_id}`;
  element.querySelector("form[data-act=finding]").id = `form-finding-${part.operation_id}`;
  fill(element, { goal: part.goal, operation: part.operation_id, when: `${time(part.from_ms)} – ${time(part.to_ms)}`,
    where: part.where.join(", ") });
  const check = element.querySelector("[data-act=check-in]");
  check.id = `check-in-${part.operation_id}`;
  check.hidden = !part.can_check_in || waits.some((act) => act.kind === "check_in");
  const there = element.querySelector("[data-fill=there]");
  there.textContent = part.checked_in_at_ms > 0 ? say("there", time(part.checked_in_at_ms))
    : check.hidden && part.can_check_in ? say("there-waiting") : say("not-there");
  const orders = element.querySelector("[data-list=orders]");
  orders.replaceChildren(...part.orders.map((order) => showOrder(order, waits)));
  element.querySelector("[data-none=orders]").hidden = part.orders.length > 0;
  const finding = element.querySelector("details");
  finding.id = `finding-${part.operation_id}`;
  finding.hidden = !part.can_find;
  const codes = element.querySelector("select[name=code]");
  codes.append(...here.violations.map(({ code, name }) => new Option(name, code)));
  for (const [at, label] of [...element.querySelectorAll("label[data-for]")].entries()) {
    const field = finding.querySelector(`[name=${label.dataset.for}]`);
    field.id = `${label.dataset.for}-${part.operation_id}-${at}`;
    label.htmlFor = field.id;
  }
  return element;
}

function showOrder(order, waits) {
  const element = copy("order");
  element.dataset.order = order.order_id;
  fill(element, { text: order.text, from: order.from_name, grid: order.grid, at: time(order.at_ms) });
  const is_queued = waits.some((act) => act.order_id === order.order_id);
  const state = order.state === "open" && is_queued ? "answer-waiting" : `order-${order.state}`;
  fill(element, { state: say(state) });
  for (const one of element.querySelectorAll("[data-open]")) {
    one.hidden = order.state !== "open" || is_queued;
  }
  element.querySelector("form").id = `form-no-${order.order_id}`;
  const field = element.querySelector("input[name=text]");
  field.id = `no-${order.order_id}`;
  element.querySelector("label").htmlFor = field.id;
  return element;
}

function showActs(all) {
  const mine = all.filter((act) => !here || act.account === here.account);
  const list = document.getElementById("field-acts");
  const rows = mine.map((act) => {
    const row = copy("act");
    row.id = `act-${act.order}`;
    row.dataset.key = String(act.order);
    row.dataset.state = act.state;
    row.dataset.kind = act.kind;
    fill(row, { what: say(`act-${act.kind}`), at: time(act.at), operation: act.operation ?? "",
      state: say(`state-${act.state}`), reason: act.reason ?? "", code: act.code ?? "" });
    for (const one of row.querySelectorAll("[data-refused]")) one.hidden = act.state !== "refused";
    return row;
  });
  const focused = document.activeElement?.closest("[data-key]")?.id;
  list.replaceChildren(...rows);
  if (focused) document.getElementById(focused)?.querySelector("button:not([hidden])")?.focus();
  const count = mine.filter((act) => act.state === "waiting").length;
  document.getElementById("field-count").textContent = say("count", count);
  document.getElementById("field-acts-none").hidden = mine.length > 0;
  const others = all.filter((act) => here && act.account !== here.account && act.state !== "sent").length;
  const line = document.getElementById("field-others");
  line.hidden = others === 0;
  line.textContent = say("others", others);
}

// === without network ===

// Keeps the shell of the page and what it needs; nothing of a person is in it.
async function keep() {
  if (!("serviceWorker" in navigator) || !window.caches) return tell("no-worker");
  await navigator.serviceWorker.register("/field-worker.js", { scope: "/field" });
  const shell = await fetch(`/field?shell=1&lang=${encodeURIComponent(page.dataset.lang)}`, { redirect: "manual" });
  if (!shell.ok) return;
  const cache = await caches.open("muster-field");
  const text = await shell.clone().text();
  const parsed = new DOMParser().parseFromString(text, "text/html");
  const needed = [...parsed.querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src]")]
    .map((one) => one.getAttribute("href") ?? one.getAttribute("src"));
  // What field.js and field-leave.js import.
  const all = [...new Set([...needed, page.dataset.queue])];
  await cache.addAll(all);
  await cache.put("/field", shell);
  // Those of an earlier version go when the new ones are there.
  const stays = new Set(["/field", ...all].map((path) => new URL(path, location.href).href));
  for (const old of await cache.keys()) if (!stays.has(old.url)) await cache.delete(old);
  document.documentElement.dataset.kept = "yes";
}

addEventListener("online", () => turn());
addEventListener("offline", () => turn());
document.addEventListener("visibilitychange", () => { if (!document.hidden) turn(); });
setInterval(() => { if (!document.hidden) turn(); }, AGAIN);

try {
  // Else a browser that runs short of disk may drop what was not sent. Some ask the person first.
  navigator.storage?.persist?.();
  await turn();
} catch (error) {
  tell("no-disk");
}
if (is_online) keep().catch(() => tell("no-worker"));
page.dataset.ready = "yes";
