// A kiosk is used by one person after the other. All of a visit happens in one entry of the browser's history, and
// whoever leaves leaves nothing behind: after a minute without a touch the screen asks, and then wipes itself.

const WARN_AFTER = 60; // seconds without a touch
const WIPE_AFTER = 80;
const SAY_AT = [20, 10, 5]; // seconds before the end at which a screen reader is told
const PATIENCE = 15_000; // milliseconds that an answer may take
const SHORT_PATIENCE = 4_000; // and the start page, of which the device has a copy
const HEADER = { "Frontdesk-Kiosk": "1" };

const start = document.body.dataset.start;
const dialog = document.getElementById("still-there");
const names = new Set(); // operations that this device has named
let touchedAt = performance.now();
let toldAt = null;
let asking = null; // what is asked of the clinic just now
let camera = null;
let startScreen = isClean() ? screen().innerHTML : null;

function screen() {
  return document.getElementById("kiosk");
}

/** Whether there is nothing to wipe: the start page, in the clinic's own language. */
function isClean() {
  return screen()?.hasAttribute("data-clean") ?? true;
}

// --- Asking for pages ----------------------------------------------------------------------------------------------

/** Ask the clinic, and show what it answers in place. What does not arrive loses nothing: the page stays.
 *
 * Whoever presses another link does not want the page before; but what is being written is waited for.
 */
async function ask(address, body) {
  if (asking?.writes) return;
  forget();
  const own = { writes: Boolean(body), stop: new AbortController() };
  asking = own;
  const late = setTimeout(() => own.stop.abort(), PATIENCE);
  try {
    const answer = await fetch(address, {
      method: body ? "POST" : "GET", body, headers: HEADER, credentials: "same-origin", cache: "no-store",
      signal: own.stop.signal,
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (asking !== own) return; // somebody left meanwhile: this is no business of whoever comes next
    if (answer.status >= 500) throw new Error(`answered ${answer.status}`);
    if (!page.getElementById("kiosk")) return void location.replace(start); // signed out, or a form too old
    show(page);
    trouble(false);
  } catch {
    if (asking === own) trouble(true);
  } finally {
    clearTimeout(late);
    if (asking === own) {
      asking = null;
      release();
    }
  }
}

/** Whatever is still to come is not shown any more. */
function forget() {
  const before = asking;
  asking = null;
  before?.stop.abort();
}

function show(page) {
  stopCamera();
  screen().replaceWith(document.adoptNode(page.getElementById("kiosk")));
  document.title = page.title;
  document.documentElement.lang = page.documentElement.lang;
  document.documentElement.dir = page.documentElement.dir;
  scrollTo(0, 0);
  prepare();
  focusFirst();
}

/** What should be read first: what is wrong, else where a scanner types, else the heading. */
function focusFirst() {
  const first = screen().querySelector("[data-focus]") ?? screen().querySelector("[autofocus]") ?? screen().querySelector("h1");
  if (!first) return;
  if (!first.matches("input, [tabindex]")) first.setAttribute("tabindex", "-1");
  first.focus();
}

/** Make what the server drew this device's own: its name for the operation, what only scripts can do. */
function prepare() {
  for (const field of screen().querySelectorAll("input[name=operation]")) {
    if (!names.has(field.value)) field.value = newName();
  }
  for (const button of screen().querySelectorAll("[data-print]")) button.hidden = false;
  const offer = screen().querySelector("[data-camera]");
  if (offer) offer.hidden = !canRead();
}

/** A random UUID; `crypto.randomUUID` exists on secure pages only. */
function newName() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const name = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  names.add(name);
  return name;
}

function trouble(visible) {
  document.getElementById("trouble").hidden = !visible;
}

function say(words) {
  document.getElementById("announcer").textContent = words;
}

function busy(button) {
  if (!button) return;
  button.setAttribute("aria-disabled", "true");
  button.dataset.busy = "";
  if (button.dataset.busyText) say(button.dataset.busyText);
}

function release() {
  for (const button of document.querySelectorAll("[data-busy]")) {
    button.removeAttribute("aria-disabled");
    delete button.dataset.busy;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  event.preventDefault();
  if (asking?.writes) return;
  const stamp = form.querySelector("input[name=device_time]");
  if (stamp) stamp.value = new Date().toISOString();
  busy(event.submitter ?? form.querySelector("button"));
  ask(form.action, new URLSearchParams(new FormData(form, event.submitter)));
});

document.addEventListener("click", (event) => {
  const pressed = event.target.closest("a[href], button[type=button]");
  if (!pressed) return;
  if (pressed.matches("[data-print]")) return window.print();
  if (pressed.matches("[data-stay]")) return stay();
  if (pressed.matches("[data-leave]")) return wipe();
  if (pressed.matches("[data-camera]")) return read(pressed);
  if (!pressed.matches("a") || pressed.getAttribute("href").startsWith("#")) return;
  event.preventDefault();
  if (pressed.hasAttribute("data-wipe")) wipe();
  else ask(pressed.href);
});

// --- Leaving nothing behind ----------------------------------------------------------------------------------------

function idle() {
  return (performance.now() - touchedAt) / 1000;
}

function touch() {
  if (!dialog.open) touchedAt = performance.now();
}

function stay() {
  touchedAt = performance.now();
  toldAt = null;
  say("");
  if (dialog.open) dialog.close();
}

function tick() {
  if (isClean() || !start) return;
  const left = Math.ceil(WIPE_AFTER - idle());
  if (left <= 0) return void wipe();
  if (left > WIPE_AFTER - WARN_AFTER) return;
  const words = document.getElementById("still-there-words");
  words.textContent = (left === 1 ? words.dataset.one : words.dataset.many).replace("{n}", left);
  if (!dialog.open) {
    dialog.showModal();
    dialog.querySelector("[data-stay]").focus();
  }
  const mark = SAY_AT.find((seconds) => left <= seconds && (toldAt === null || seconds < toldAt) && left > seconds - 5);
  if (mark !== undefined) {
    toldAt = mark;
    if (mark < SAY_AT[0]) say(words.textContent); // at first the dialog speaks for itself
  }
}

/** Take everything away at once, then begin anew. A clinic that cannot be reached leaves the start page, not an error. */
async function wipe() {
  forget();
  stopCamera();
  screen().replaceChildren();
  names.clear();
  document.title = "";
  stay();
  trouble(false);
  const signal = AbortSignal.timeout(startScreen === null ? PATIENCE : SHORT_PATIENCE);
  const answer = await fetch(start, { headers: HEADER, credentials: "same-origin", cache: "no-store", signal }).catch(() => null);
  if (answer?.ok || startScreen === null) return void location.replace(start);
  screen().innerHTML = startScreen;
  screen().setAttribute("data-clean", "");
  prepare();
}

for (const kind of ["pointerdown", "keydown", "input", "wheel"]) {
  document.addEventListener(kind, touch, { capture: true, passive: true });
}
dialog.addEventListener("close", stay); // Escape says so too
window.addEventListener("pageshow", (event) => event.persisted && wipe());
setInterval(tick, 1000);

if (start) {
  // Whatever goes back goes back to this page, and finds it empty.
  history.pushState({ kiosk: true }, "");
  window.addEventListener("popstate", () => {
    history.pushState({ kiosk: true }, "");
    wipe();
  });
}

// --- Reading codes with a camera -----------------------------------------------------------------------------------

function canRead() {
  return window.isSecureContext && "BarcodeDetector" in window && Boolean(navigator.mediaDevices?.getUserMedia);
}

async function read(button) {
  const view = screen().querySelector("[data-camera-view]");
  const video = view.querySelector("video");
  button.hidden = true;
  try {
    camera = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" } });
    video.srcObject = camera;
    view.hidden = false;
    await video.play();
    await look(video, new window.BarcodeDetector({ formats: ["qr_code"] }));
  } catch {
    stopCamera();
    view.hidden = true;
    screen().querySelector("[data-camera-failed]").hidden = false;
  }
}

/** Look a few times a second until something is read, or the page is another one. */
async function look(video, detector) {
  while (camera && video.isConnected) {
    const [found] = await detector.detect(video);
    if (found?.rawValue) {
      const field = screen().querySelector("input[name=link]");
      field.value = found.rawValue;
      stopCamera();
      return field.form.requestSubmit();
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function stopCamera() {
  camera?.getTracks().forEach((track) => track.stop());
  camera = null;
}

prepare();
