{% load i18n %}{% translate "There is news about your visit." as news %}// Shows messages that the clinic pushes, and opens the page they speak of. It answers no request and keeps nothing.

const CLINIC = "{{ clinic|escapejs }}";
const NEWS = "{{ news|escapejs }}";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const said = read(event.data);
  const language = said.language || "en";
  const shown = {
    body: said.body || NEWS,
    lang: language,
    dir: language === "ar" ? "rtl" : "ltr",
    data: { link: said.link || "/" },
  };
  // The same tag: news takes the place of what it makes old, and rings again.
  if (said.tag) Object.assign(shown, { tag: said.tag, renotify: true });
  event.waitUntil(self.registration.showNotification(said.title || CLINIC, shown));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.link));
});

/** What was said; something is shown in any case, since browsers let no message pass in silence. */
function read(data) {
  try {
    return data?.json() ?? {};
  } catch {
    return {};
  }
}

/** Open a page of ours, whatever the address: in the window that shows it already, else in a new one. */
async function open(link) {
  const named = new URL(link || "/", self.location.origin);
  const url = new URL(named.pathname + named.search, self.location.origin).href;
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const found = windows.find((one) => one.url === url);
  return found ? found.focus() : self.clients.openWindow(url);
}
