// What a phone has to say and has not sent yet: kept in the browser's database, in order.
//
// An act has the id of its request from the moment at which it was made: however often it is sent, it
// is done once. It belongs to an account, and is never sent for another one. Of what was sent nothing
// is kept but that it was, and when.

const NAME = "muster-field";
// So many acts wait at most: a device is no archive.
export const ACTS_MAX = 100;
// So many of those that were sent are named.
const SENT_MAX = 20;

let opened = null;

function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("acts", { keyPath: "order", autoIncrement: true });
      request.result.createObjectStore("seen", { keyPath: "name" });
    };
    request.onsuccess = () => {
      // Another page deletes it: this one lets go.
      request.result.onversionchange = () => { request.result.close(); opened = null; };
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
  return opened;
}

// Does something with a store; settles when it is on the device's disk.
async function within(store, mode, work) {
  const base = await database();
  return new Promise((resolve, reject) => {
    const act = base.transaction(store, mode, { durability: "strict" });
    const request = work(act.objectStore(store));
    act.oncomplete = () => resolve(request?.result);
    act.onerror = act.onabort = () => reject(act.error);
  });
}

// All acts in order.
export const acts = () => within("acts", "readonly", (store) => store.getAll());

// Adds an act that waits. `order` is given by the device.
export const add = (act) => within("acts", "readwrite", (store) => store.add({ ...act, state: "waiting" }));

// Says what has become of an act; an act that is gone stays gone.
export const put = (act) => within("acts", "readwrite", (store) => {
  const request = store.get(act.order);
  request.onsuccess = () => { if (request.result) store.put(act); };
  return request;
});

export const remove = (order) => within("acts", "readwrite", (store) => store.delete(order));

// It was taken: only that stays, and of the oldest not even that.
export async function sent({ order, id, account, kind, operation, at }) {
  await put({ order, id, account, kind, operation, at, state: "sent" });
  const all = (await acts()).filter((one) => one.state === "sent");
  for (const old of all.slice(0, -SENT_MAX)) await remove(old.order);
}

// What the unit is called to, as it was seen last, for a page without network.
export const seen = async () => (await within("seen", "readonly", (store) => store.get("parts"))) ?? null;
export const see = (parts) => within("seen", "readwrite", (store) => store.put({ ...parts, name: "parts" }));
export const unsee = () => within("seen", "readwrite", (store) => store.clear());

// Takes everything of an account from the device; of another one, that is left which was not sent.
export async function clear(account) {
  await unsee();
  for (const act of await acts()) {
    if (act.account === account || act.state === "sent") await remove(act.order);
  }
  await caches.delete("muster-field");
}
