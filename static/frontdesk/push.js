// Messages that reach this device when no page is open (Web Push). The panel is fetched only where the browser can do
// what it takes, and nothing is asked before somebody presses. All words come from the server.

const WAIT = 15_000; // milliseconds

const isSupported = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

/** Fill in the panels that a page or a swap has brought. */
function begin() {
  if (!isSupported()) return;
  for (const place of document.querySelectorAll("[data-push-panel]:not([data-push-begun])")) {
    place.dataset.pushBegun = "";
    fill(place);
  }
}

async function fill(place) {
  try {
    const subscription = await existing();
    const url = new URL(place.dataset.pushPanel, location.href);
    if (subscription) url.searchParams.set("device", await digestOf(subscription.endpoint));
    const answer = await ask(url, { headers: { "Frontdesk-Background": "1" } });
    if (answer.status !== 200) return; // there is nothing to hear
    place.innerHTML = await answer.text();
    const panel = place.querySelector("[data-push]");
    // The clinic has taken other keys since: what was asked for with the old ones is worth nothing.
    if (subscription && !isFor(subscription, panel.dataset.pushKey)) {
      await subscription.unsubscribe();
      if ("pushOn" in panel.dataset) await fill(place);
    }
  } catch {
    delete place.dataset.pushBegun; // the page is as it was without it
  }
}

// --- What the browser has ----------------------------------------------------------------------------------------

async function existing() {
  const registration = await navigator.serviceWorker.getRegistration("/");
  if (!registration || Notification.permission !== "granted") return null;
  return registration.pushManager.getSubscription();
}

async function subscribe(panel) {
  const { pushWorker, pushKey } = panel.dataset;
  await navigator.serviceWorker.register(pushWorker, { scope: "/", updateViaCache: "none" });
  const registration = await navigator.serviceWorker.ready;
  const found = await registration.pushManager.getSubscription();
  if (found && isFor(found, pushKey)) return found;
  await found?.unsubscribe();
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(pushKey) });
}

function isFor(subscription, key) {
  const known = subscription.options?.applicationServerKey;
  return !known || written(known) === key;
}

const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));

const written = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

async function digestOf(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// --- Pressing ------------------------------------------------------------------------------------------------------

async function press(button) {
  const place = button.closest("[data-push-panel]");
  const panel = button.closest("[data-push]");
  if (panel.hasAttribute("aria-busy")) return;
  panel.setAttribute("aria-busy", "true");
  try {
    if (button.dataset.pushPress === "on") await start(place, panel);
    else await stop(place, panel);
  } finally {
    panel.removeAttribute("aria-busy");
  }
}

async function start(place, panel) {
  const permission = await Notification.requestPermission();
  if (permission !== "granted") return say(panel, permission === "denied" ? "blocked" : "dismissed");
  let subscription;
  try {
    subscription = await subscribe(panel);
  } catch {
    return say(panel, "unreachable");
  }
  const { endpoint, keys } = subscription.toJSON();
  return send(place, panel, "POST", { endpoint, p256dh: keys.p256dh, auth: keys.auth });
}

async function stop(place, panel) {
  const subscription = await existing();
  await send(place, panel, "DELETE", { endpoint: subscription?.endpoint ?? "" });
  const isUnneeded = place.querySelector("[data-push-unneeded]");
  if (subscription && isUnneeded) await subscription.unsubscribe(); // nobody is heard of by it any more
}

async function send(place, panel, method, said) {
  const token = panel.querySelector("[name=csrfmiddlewaretoken]").value;
  try {
    const answer = await ask(place.dataset.pushPanel, {
      method,
      body: new URLSearchParams(said),
      headers: { "X-CSRFToken": token },
    });
    if (!(answer.headers.get("Content-Type") ?? "").startsWith("text/html") || answer.status >= 500) throw new Error();
    const html = await answer.text();
    if (!html.includes("data-push")) throw new Error(); // some other page of ours: the link is too old, say
    place.innerHTML = html;
    place.querySelector("[data-push-press]")?.focus();
    announce(place.querySelector("[data-push-said]")?.textContent ?? "");
  } catch {
    say(panel, "failed");
  }
}

const ask = (url, options) => fetch(url, { ...options, signal: AbortSignal.timeout(WAIT) });

function say(panel, words) {
  for (const one of panel.querySelectorAll("[data-push-words]")) one.hidden = one.dataset.pushWords !== words;
  panel.querySelector("[data-push-said]")?.remove();
  announce(panel.querySelector(`[data-push-words="${words}"]`).textContent);
}

function announce(words) {
  const voice = document.getElementById("announcer");
  if (voice) voice.textContent = words.trim();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-push-press]");
  if (button) press(button);
});
document.addEventListener("htmx:afterSettle", begin);
begin();
