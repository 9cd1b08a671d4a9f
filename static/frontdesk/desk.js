// The live desk: hears of changes and puts the parts in that changed; keys, and the panel of a person.
// Everything on the page works without it: each press is a form, each panel a page.

const ASK_EVERY = 5_000; // milliseconds, while nothing is heard
const ASK_WHILE_LIVE = 30_000;
const GATHER = 120; // changes that come together are asked for together
const RETRY_FROM = 500;
const RETRY_AT_MOST = 10_000;
const PING_EVERY = 3_000; // a link that is lost without a word is noticed by its silence
const SILENT = 8_000;
const SIGNED_OUT = 4401;
const PATIENCE = 15_000; // so long a part waits for the answer to what was pressed in it
const KEYS_OFF = "frontdesk-desk-keys-off";
const TELLING = new Set(["queue_update", "queue_position_change", "patient_called", "doctor_status", "appointment_update"]);

const desk = document.getElementById("desk");
const panel = document.getElementById("desk-panel");
const keys = document.getElementById("desk-keys");
const state = document.getElementById("desk-state");
const refresh = document.getElementById("desk-refresh");
const find = document.getElementById("desk-find");

function announce(words) {
  const voice = document.getElementById("announcer");
  if (voice) voice.textContent = words;
}

// --- Hearing -----------------------------------------------------------------------------------------------------

let socket = null;
let failures = 0;
let gathering = 0;
let askedAt = 0;
let heardAt = 0; // when the socket said anything last
let pingedAt = 0;

function isLive() {
  return socket?.readyState === WebSocket.OPEN && socket.isHeard === true;
}

/** Say how fresh the page is: live, asking, or lost. */
function show(what) {
  for (const words of state.querySelectorAll("[data-is]")) words.hidden = words.dataset.is !== what;
  state.dataset.state = what;
}

function listen() {
  const address = new URL("/ws/events/", location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const opened = new WebSocket(address);
  socket = opened;
  opened.addEventListener("open", () => {
    const rooms = [`location:${desk.dataset.location}`];
    if (desk.dataset.doctor) rooms.push(`doctor:${desk.dataset.doctor}`);
    for (const room of rooms) opened.send(JSON.stringify({ type: "subscribe", room }));
  });
  opened.addEventListener("message", (event) => opened === socket && hear(JSON.parse(event.data)));
  opened.addEventListener("close", (event) => opened === socket && lose(event.code));
}

function hear(told) {
  heardAt = performance.now();
  if (told.type === "subscribed") {
    socket.isHeard = true;
    failures = 0;
    askSoon(); // for what happened before
  } else if (told.type === "emergency_alert") {
    askNow(); // an alarm sounds behind other tabs, too
  } else if (TELLING.has(told.type)) {
    askSoon();
  }
}

/** Ask the server for a sign of life, and close a link over which nothing comes: the browser may take minutes to. */
function watch() {
  if (!isLive()) return;
  const now = performance.now();
  if (now - heardAt > SILENT && pingedAt > heardAt) {
    const silent = socket;
    socket = null;
    silent.close();
    lose();
  } else if (now - Math.max(heardAt, pingedAt) > PING_EVERY) {
    pingedAt = now;
    socket.send('{"type": "ping"}');
  }
}

function lose(code) {
  socket = null;
  if (state.dataset.state === "live") show("asking");
  askSoon(); // whoever is signed out is led to where one signs in
  const pause = code === SIGNED_OUT ? RETRY_AT_MOST : Math.min(RETRY_AT_MOST, RETRY_FROM * 2 ** failures);
  failures += 1;
  setTimeout(listen, pause * (0.5 + Math.random()));
}

// --- Asking, and putting in what changed -------------------------------------------------------------------------

function askSoon() {
  if (!document.hidden) askNow(); // whoever comes back is shown the latest
}

function askNow() {
  if (gathering) return;
  gathering = setTimeout(() => {
    gathering = 0;
    askedAt = Date.now();
    window.htmx.trigger(refresh, "desk:refresh");
  }, GATHER);
}

function askRegularly() {
  watch();
  if (Date.now() - askedAt >= (isLive() ? ASK_WHILE_LIVE : ASK_EVERY)) askSoon();
}

/** What a part says, without what is new in every rendering of it. */
function saying(part) {
  return part.outerHTML
    .replace(/ hx-swap-oob="[^"]*"/, "")
    .replace(/name="(csrfmiddlewaretoken|operation)" value="[^"]*"/g, "");
}

const shown = new Map();

let pressing = null; // the form whose answer is awaited
const awaited = new Map(); // all of them, and since when
let answered = null; // the one whose answer is put in
let isPutOff = false;
let whereWas = null;

/** Leave a part alone that says what is shown already: a finger may be on it, or a screen reader in it. */
function putIn(event) {
  const { target, fragment } = event.detail;
  const part = fragment.firstElementChild;
  if (!part?.id) return;
  if (part.id === "desk-time" && !pressing) reloadIfOthers(part.dataset.doctors);
  if (part.id.endsWith("-said")) return;
  if (isAwaitedIn(target)) {
    event.detail.shouldSwap = false;
    isPutOff = true;
    return;
  }
  const said = saying(part);
  if (!pressing && shown.get(part.id) === said) {
    event.detail.shouldSwap = false;
    return;
  }
  shown.set(part.id, said);
  carryOver(target, part);
  whereWas = placeOf(document.activeElement, target);
}

/** Whether something was pressed in a part whose answer is still to come: it would find no place without its form. */
function isAwaitedIn(part) {
  const now = performance.now();
  return [...awaited].some(([form, since]) => form !== answered && now - since < PATIENCE && part.contains(form));
}

/** What somebody has typed and not sent, and what they have unfolded, stays. */
function carryOver(from, to) {
  const isSent = (element) => pressing?.contains(element);
  for (const field of from.querySelectorAll("input[id]")) {
    const again = to.querySelector(`#${CSS.escape(field.id)}`);
    if (again && field.value !== field.defaultValue && !isSent(field)) again.value = field.value;
  }
  for (const unfolded of from.querySelectorAll("details[open][id]")) {
    const again = to.querySelector(`#${CSS.escape(unfolded.id)}`);
    if (again && !unfolded.contains(pressing)) again.open = true;
  }
}

/** Where somebody is within a part that is about to go: the person, and the queue. */
function placeOf(focused, part) {
  if (!part.contains(focused)) return whereWas;
  const near = [focused.closest("[data-token]")?.id, part.closest("[data-queue]")?.id];
  return { ids: [focused.id, ...near, ...alarmsAfter(focused, part)], isAlarm: part.id === "emergency-list" };
}

/** The buttons of the other emergencies, the next one first: whoever sees to one goes on there. */
function alarmsAfter(focused, part) {
  const ids = [...part.querySelectorAll("[data-emergency] button")].map((button) => button.id);
  const at = ids.indexOf(focused.id);
  return [...ids.slice(at + 1), ...ids.slice(0, Math.max(0, at))];
}

/** Put the focus back where the person was, or on whom they were at; htmx finds what has the same id. After the last
 * emergency it goes to the top of the page. */
function returnFocus() {
  const was = whereWas;
  whereWas = null;
  if (!was || document.activeElement !== document.body) return;
  const again = was.ids.map((id) => id && document.getElementById(id)).find((element) => element?.checkVisibility());
  (again ?? (was.isAlarm ? heading() : null))?.focus({ preventScroll: true });
}

function heading() {
  const first = document.querySelector("main h1");
  first?.setAttribute("tabindex", "-1");
  return first;
}

let isReloading = false;

/** A doctor came who was not expected: the page wants another queue. */
function reloadIfOthers(doctors) {
  if (isReloading || desk.dataset.doctor || doctors === desk.dataset.doctors) return;
  if (panel.open || keys.open || find.value || isTyping(document.activeElement)) return; // nothing typed is lost
  isReloading = true;
  setTimeout(() => location.reload(), GATHER);
}

document.addEventListener("htmx:oobBeforeSwap", putIn);
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.hasAttribute("data-quiet")) return;
  pressing = event.detail.elt;
  awaited.set(pressing, performance.now());
});
document.addEventListener("htmx:beforeSwap", (event) => {
  answered = event.detail.requestConfig?.elt ?? null;
});
document.addEventListener("htmx:configRequest", (event) => {
  const button = event.detail.triggeringEvent?.submitter;
  if (button?.name) event.detail.parameters[button.name] = button.value;
  // Whoever presses Refresh is there: only what the page asks by itself keeps no session alive.
  if (event.detail.triggeringEvent?.type === "click") delete event.detail.headers["Frontdesk-Background"];
});
document.addEventListener("htmx:afterRequest", (event) => {
  const asked = event.detail.requestConfig?.elt;
  awaited.delete(asked);
  if (isPutOff && awaited.size === 0) {
    isPutOff = false;
    if (desk) askSoon();
  }
  if (asked === pressing) {
    pressing = null;
  } else if (desk && asked === refresh) {
    show(event.detail.successful ? (isLive() ? "live" : "asking") : "lost");
  }
});
document.addEventListener("htmx:afterSettle", () => {
  returnFocus();
  markChosen();
});

// --- Keys --------------------------------------------------------------------------------------------------------

let lastQueue = null;

function queues() {
  return [...desk.querySelectorAll("[data-queue]")];
}

function queueNow() {
  return document.activeElement.closest?.("[data-queue]") ?? document.getElementById(lastQueue) ?? queues()[0];
}

/** Show which queue the keys act on, where there are several. */
function markChosen() {
  if (!desk) return;
  const all = queues();
  const now = queueNow();
  for (const queue of all) queue.toggleAttribute("data-chosen", all.length > 1 && queue === now);
}

function press(key) {
  const queue = queueNow();
  const person = document.activeElement.closest?.("[data-token]");
  // Out of turn only whoever was chosen is called: nobody by mistake.
  const button = person?.querySelector(`[data-key="${key}"]`) ?? (key === "c" ? null : queue?.querySelector(`[data-key="${key}"]`));
  if (button) button.click();
  else announce(desk.dataset.nothing);
}

function step(by) {
  const people = [...(queueNow()?.querySelectorAll("[data-token]") ?? [])].filter((person) => !person.hidden);
  const at = people.indexOf(document.activeElement.closest?.("[data-token]"));
  const next = at < 0 ? (by > 0 ? 0 : people.length - 1) : Math.min(people.length - 1, Math.max(0, at + by));
  people[next]?.focus();
}

function turn(by) {
  const all = queues();
  const next = all[(all.indexOf(queueNow()) + by + all.length) % all.length];
  next?.focus();
  next?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

const MOVES = { ArrowDown: () => step(1), ArrowUp: () => step(-1), ArrowRight: () => turn(1), ArrowLeft: () => turn(-1) };

function isTyping(target) {
  return target.isContentEditable || target.closest("input:not([type=checkbox]), select, textarea") !== null;
}

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) {
    if (!(event.repeat && MOVES[event.key])) return;
  }
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  if (MOVES[event.key]) {
    event.preventDefault();
    MOVES[event.key]();
  } else if (event.key === "Enter" && event.target.matches("[data-token]")) {
    event.preventDefault();
    event.target.querySelector("[data-more]")?.click();
  } else if (localStorage.getItem(KEYS_OFF) === null) {
    singleKey(event);
  }
}

function singleKey(event) {
  const key = event.key.toLowerCase();
  if (event.key === "?") open(keys);
  else if (key === "/") find.focus();
  else if (!event.shiftKey && "nrsfxpcuolb".includes(key)) press(key);
  else return;
  event.preventDefault();
}

// --- The panel ---------------------------------------------------------------------------------------------------

let openedBy = null;

function open(dialog) {
  openedBy = document.activeElement?.id || null;
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("[tabindex='-1']")?.focus();
}

function close(dialog) {
  const back = openedBy && (document.getElementById(openedBy) ?? queueNow());
  dialog.close();
  back?.focus();
}

function fillPanel(event) {
  if (event.detail.target?.id !== "panel-body") return;
  const summary = panel.querySelector("[data-focus]");
  if (!panel.open) open(panel);
  (summary ?? panel.querySelector("#panel-title"))?.focus();
}

// --- Beginning ---------------------------------------------------------------------------------------------------

function begin() {
  for (const part of document.querySelectorAll("[data-script]")) part.hidden = false;
  show("asking");
  listen();
  setInterval(askRegularly, 1_000);
  document.addEventListener("visibilitychange", askSoon);
  document.addEventListener("keydown", onKey);
  document.addEventListener("focusin", () => {
    const queue = document.activeElement.closest("[data-queue]");
    if (queue) lastQueue = queue.id;
    markChosen();
  });
  document.addEventListener("htmx:afterSwap", fillPanel);
  document.addEventListener("desk:done", () => close(panel));
  for (const dialog of [panel, keys]) {
    dialog.querySelector("[data-close]").addEventListener("click", () => close(dialog));
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      close(dialog);
    });
  }
  document.getElementById("desk-keys-open").addEventListener("click", () => open(keys));
  const on = document.getElementById("desk-keys-on");
  on.checked = localStorage.getItem(KEYS_OFF) === null;
  on.addEventListener("change", () => {
    if (on.checked) localStorage.removeItem(KEYS_OFF);
    else localStorage.setItem(KEYS_OFF, "yes");
    desk.toggleAttribute("data-keys-off", !on.checked);
  });
  desk.toggleAttribute("data-keys-off", !on.checked);
  markChosen();
}

// What is shown already is not put in, and not spoken, once more.
for (const part of document.querySelectorAll(".queue__live, #emergency-list")) shown.set(part.id, saying(part));
if (desk) begin();
