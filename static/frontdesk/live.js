// Hears at once which times of a day are taken or come free, and shows it without moving anything under anybody's
// finger. While it hears, the page itself looks again rarely; while it does not, every few seconds as ever.

const LOOK_AGAIN = 30_000; // milliseconds between two looks of the page's own while the socket is open
const FIRST_RETRY = 250;
const SLOWEST_RETRY = 10_000;
const SPREAD = 2_000; // so that a thousand pages do not all look again in the same moment
const FINAL = [4400, 4403, 4404]; // trying again would change nothing

let socket = null;
let address = "";
let attempts = 0;
let retry = 0;
let lookedAt = 0;
let mustLook = false;
let waiting = ""; // a list with other times than the page's, put off while somebody is about to press

const times = () => document.querySelector("[data-live]");

function connect() {
  const wanted = times()?.dataset.live ?? "";
  if (wanted === address) return;
  disconnect();
  address = wanted;
  if (wanted) open();
}

function open() {
  clearTimeout(retry);
  retry = 0;
  const url = new URL(address, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const opened = new WebSocket(url);
  socket = opened;
  opened.addEventListener("message", (event) => hear(opened, event.data));
  opened.addEventListener("close", (event) => opened === socket && lost(event.code));
}

function disconnect() {
  const closing = socket;
  clearTimeout(retry);
  [socket, address, attempts, retry, waiting] = [null, "", 0, 0, ""];
  closing?.close();
}

function lost(code) {
  socket = null;
  if (FINAL.includes(code)) return;
  const pause = Math.min(SLOWEST_RETRY, FIRST_RETRY * 2 ** attempts) * (0.5 + Math.random());
  attempts += 1;
  retry = setTimeout(open, pause);
}

function hear(from, html) {
  if (from !== socket) return;
  attempts = 0;
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector(".times__list");
  const list = fresh && document.getElementById(fresh.id);
  if (list) show(list, fresh, html);
  else if (fresh?.querySelector(".slot")) lookSoon(); // the first time of a day that had none
}

/** Bring the page's list to what was heard. */
function show(list, fresh, html) {
  if (list.dataset.version === fresh.dataset.version) return;
  const went = [...list.querySelectorAll(".slot")].filter((button) => update(button, fresh));
  const added = [...fresh.querySelectorAll(".slot")].some((button) => !document.getElementById(button.id));
  waiting = added && isBusy(list) ? html : "";
  if (added && !waiting) replace(list, fresh);
  const wasFree = list.hasAttribute("data-has-free");
  list.toggleAttribute("data-has-free", fresh.hasAttribute("data-has-free"));
  list.dataset.version = fresh.dataset.version;
  list.dataset.heard = "";
  if (wasFree && !list.querySelector(".slot:not([aria-disabled])")) lookSoon(); // for what else there is
  tell(went);
}

/** Whether somebody points at one of the times, or has the focus there. */
function isBusy(list) {
  return list.matches(":hover") || list.contains(document.activeElement);
}

/** Show one time as it is now, in its place; returns whether it went. One's own stays one's own. */
function update(button, fresh) {
  if (button.dataset.own !== undefined || button.dataset.busy !== undefined) return false;
  const now = fresh.querySelector(`#${CSS.escape(button.id)}`);
  const wasTaken = button.getAttribute("aria-disabled") === "true";
  const isTaken = !now || now.getAttribute("aria-disabled") === "true";
  if (wasTaken === isTaken) return false;
  const like = now ?? asTaken(button);
  for (const name of button.getAttributeNames()) if (!like.hasAttribute(name)) button.removeAttribute(name);
  for (const name of like.getAttributeNames()) button.setAttribute(name, like.getAttribute(name));
  button.replaceChildren(...[...like.childNodes].map((node) => document.importNode(node, true)));
  return isTaken;
}

/** A time that is offered no more keeps its place until the page is drawn anew. */
function asTaken(button) {
  const taken = document.createElement("button");
  for (const [name, value] of [["type", "button"], ["class", "slot slot--taken"], ["id", button.id]]) {
    taken.setAttribute(name, value);
  }
  taken.setAttribute("aria-disabled", "true");
  const word = document.createElement("span");
  word.className = "slot__who";
  word.textContent = words("taken");
  taken.append(button.querySelector(".slot__time").cloneNode(true), word);
  return taken;
}

/** Draw the list anew, with one's own times as they were. */
function replace(list, fresh) {
  for (const own of list.querySelectorAll("[data-own]")) {
    fresh.querySelector(`#${CSS.escape(own.id)}`)?.replaceWith(own);
  }
  list.replaceChildren(...fresh.childNodes);
}

function words(name) {
  return times()?.querySelector(`template[data-say=${name}]`)?.innerHTML.trim() ?? "";
}

function tell(went) {
  const voice = document.getElementById("announcer");
  if (!went.length || !voice) return;
  const clocks = went.map((button) => button.querySelector(".slot__time").textContent);
  voice.textContent = words("gone").replace("{times}", clocks.join(", "));
}

/** Let the page look for itself: what it shows around the times has changed. */
function lookSoon() {
  mustLook = true;
  setTimeout(() => times()?.dispatchEvent(new CustomEvent("look-again")), Math.random() * SPREAD);
}

function putOff() {
  if (waiting) setTimeout(() => waiting && hear(socket, redo()), 0);
}

function redo() {
  const html = waiting;
  const list = times()?.querySelector(".times__list");
  if (list) list.dataset.version = "";
  return html;
}

/** The page asks the server whether anything changed: rarely, while it would hear. */
function beforeLooking(event) {
  if (event.detail.elt !== times()) return;
  const isOpen = socket?.readyState === WebSocket.OPEN;
  if (isOpen && !mustLook && Date.now() - lookedAt < LOOK_AGAIN) {
    event.preventDefault();
    return;
  }
  lookedAt = Date.now();
  mustLook = false;
  const list = times().querySelector(".times__list[data-heard]");
  if (list) event.detail.parameters.version = list.querySelector("[data-own]") ? "" : list.dataset.version;
}

document.addEventListener("htmx:configRequest", beforeLooking);
document.addEventListener("htmx:afterSettle", connect);
document.addEventListener("htmx:historyRestore", connect);
document.addEventListener("pointerout", putOff);
document.addEventListener("focusout", putOff);
window.addEventListener("pagehide", disconnect);
window.addEventListener("pageshow", connect);
window.addEventListener("online", () => retry && open());
document.addEventListener("visibilitychange", () => !document.hidden && retry && open());
lookedAt = Date.now();
connect();
