// Lets the page for the field be reloaded without network.
//
// It keeps the shell of the page and what the shell needs, as `field.js` has put them into the cache:
// nothing of a person is in them. Everything else goes to the server as if this were not here, and
// what is sent to the server is never kept or sent again by it.

const CACHE = "muster-field";
// A network that is there and answers nothing is none.
const PATIENCE = 5000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

async function kept(request, path) {
  const cache = await caches.open(CACHE);
  return cache.match(path ?? request, { ignoreSearch: true, ignoreVary: true });
}

async function page(request) {
  try {
    return await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
  } catch (error) {
    const shell = await kept(request, "/field");
    if (shell) return shell;
    throw error;
  }
}

async function asset(request) {
  // An address with a version never means anything else.
  const cache = await caches.open(CACHE);
  const same = await cache.match(request);
  if (same && new URL(request.url).search) return same;
  try {
    return await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
  } catch (error) {
    const found = await kept(request);
    if (found) return found;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate" && pathname === "/field") event.respondWith(page(request));
  else if (pathname.startsWith("/assets/")) event.respondWith(asset(request));
});
