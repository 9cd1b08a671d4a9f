// One person's place in the queue: hears at once what changes, asks when it cannot hear, and says so when it can do
// neither. When its person is called it says so in every way a phone has; it rings only if they asked for that.
// Everything can be read and pressed without this.

const ASK_EVERY = 10_000; // milliseconds between two questions while nothing is heard
const SILENCE = 12_000; // the server gives a sign of life every three seconds
const FIRST_RETRY = 500;
const SLOWEST_RETRY = 10_000;
const FINAL = [4400, 4403, 4404]; // trying again would change nothing
const LOST_FOR_GOOD = [404, 410];
const RING_AGAIN = 3_000;
const RINGS = 5;

let live = null; // the part of the page that is kept up to date
let socket = null;
let attempts = 0;
let retry = 0;
let heardAt = 0;
let shownAt = 0;
let isAsking = false;
let isDeaf = false; // the server said that there is nothing to hear
let sound = null;
let ringing = 0;
let awake = null;

const place = () => live?.querySelector("#place");

/** Wake up what a page or a swap has brought. */
function begin() {
  const found = document.querySelector("[data-token-live]");
  if (found === live) return;
  disconnect();
  live = found;
  if (!live) return;
  [attempts, isDeaf, heardAt, shownAt] = [0, false, Date.now(), Date.now()];
  for (const ring of document.querySelectorAll("[data-token-ring]")) ring.dataset.ready = "";
  fit(place().dataset.stage);
  open();
}

// --- Hearing -------------------------------------------------------------------------------------------------------

function open() {
  clearTimeout(retry);
  retry = 0;
  if (!live || isDeaf) return;
  const url = new URL(live.dataset.tokenLive, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const opened = new WebSocket(url);
  socket = opened;
  opened.addEventListener("message", (event) => opened === socket && hear(event.data));
  opened.addEventListener("close", (event) => opened === socket && lose(event.code));
}

function disconnect() {
  const closing = socket;
  clearTimeout(retry);
  [socket, retry] = [null, 0];
  closing?.close();
}

function lose(code) {
  socket = null;
  isDeaf = FINAL.includes(code);
  ask();
  if (isDeaf) return;
  const pause = Math.min(SLOWEST_RETRY, FIRST_RETRY * 2 ** attempts) * (0.5 + Math.random());
  attempts += 1;
  retry = setTimeout(open, pause);
}

function hear(html) {
  attempts = 0;
  heardAt = Date.now();
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("#place");
  if (fresh) show(fresh); // else it was a sign of life
  setStale(false);
}

function hears() {
  return socket?.readyState === WebSocket.OPEN && Date.now() - heardAt < SILENCE;
}

/** Look after the line: ask while it is dead, and dial anew when it is silent. */
function watch() {
  if (!live || document.hidden || hears()) return;
  if (socket?.readyState === WebSocket.OPEN) {
    disconnect();
    open();
  }
  ask();
}

// --- Asking --------------------------------------------------------------------------------------------------------

async function ask() {
  if (isAsking || !live) return;
  isAsking = true;
  const asked = live;
  const began = Date.now();
  try {
    const headers = { "Frontdesk-Background": "1" };
    const answer = await fetch(asked.dataset.tokenState, { headers, signal: AbortSignal.timeout(8_000) });
    if (LOST_FOR_GOOD.includes(answer.status)) {
      location.reload();
      return;
    }
    if (!answer.ok) throw new Error(answer.status);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#place");
    if (fresh && asked === live && shownAt <= began) show(fresh); // unless something newer was heard meanwhile
    setStale(false);
  } catch {
    setStale(!hears());
  } finally {
    isAsking = false;
  }
}

function setStale(isStale) {
  const notice = live?.querySelector("[data-token-stale]");
  if (!notice || notice.hidden !== isStale) return;
  notice.hidden = !isStale;
  live.classList.toggle("live-place--stale", isStale);
}

// --- Showing -------------------------------------------------------------------------------------------------------

function show(fresh) {
  const before = place();
  const was = { ...before.dataset, words: headline(before) };
  before.replaceWith(document.importNode(fresh, true));
  shownAt = Date.now();
  const now = place().dataset;
  const isCalled = now.stage === "called" && (was.stage !== "called" || was.calls !== now.calls);
  if (was.stage !== now.stage) fit(now.stage);
  if (isCalled) call();
  else if (was.words !== headline(place())) say(spoken());
  if (now.stage !== "called") stopRinging();
  retitle();
  if (now.stage === "moved" && was.stage !== "moved") followOn();
}

const headline = (card) => card.querySelector(".place__headline").textContent.trim();
const spoken = () => [headline(place()), place().querySelector(".place__detail")?.textContent.trim()].filter(Boolean).join(". ");

/** Show what can be done at this stage, and nothing else. */
function fit(stage) {
  for (const part of document.querySelectorAll("[data-for]")) {
    const isRing = part.matches("[data-token-ring]:not([data-ready])");
    part.hidden = isRing || !part.dataset.for.split(" ").includes(stage);
  }
}

function say(words) {
  const voice = document.getElementById("announcer");
  if (voice) voice.textContent = words;
}

/** The tab says it too, for whoever reads something else meanwhile. */
function retitle() {
  const code = place().querySelector(".place__code bdi")?.textContent;
  const isOwnPage = document.querySelector(".place-title");
  if (!isOwnPage && place().dataset.stage !== "called") return;
  document.title = code ? `${headline(place())} (${code})` : headline(place());
}

/** The patient was sent to another doctor: the same link leads to the new place, which has a line of its own. */
function followOn() {
  disconnect();
  open();
  setTimeout(ask, 300);
}

// --- Calling -------------------------------------------------------------------------------------------------------

function call() {
  const alert = live.querySelector("[data-token-alert]");
  alert.textContent = "";
  requestAnimationFrame(() => (alert.textContent = spoken()));
  place().scrollIntoView({ block: "center" });
  stopRinging();
  if (!sound) return;
  ring();
  let rings = 1;
  ringing = setInterval(() => (rings++ < RINGS ? ring() : stopRinging()), RING_AGAIN);
}

function ring() {
  navigator.vibrate?.([400, 150, 400]);
  chime();
}

function stopRinging() {
  clearInterval(ringing);
  ringing = 0;
}

/** Two soft tones. */
function chime() {
  for (const [pitch, after] of [[660, 0], [880, 0.25]]) {
    const [tone, loudness] = [sound.createOscillator(), sound.createGain()];
    const at = sound.currentTime + after;
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0.0001, at);
    loudness.gain.exponentialRampToValueAtTime(0.3, at + 0.03);
    loudness.gain.exponentialRampToValueAtTime(0.0001, at + 0.7);
    tone.connect(loudness).connect(sound.destination);
    tone.start(at);
    tone.stop(at + 0.75);
  }
}

/** Phones let a page ring only after somebody touched it. A screen that sleeps hears nothing, so it stays awake. */
function toggleRing(button) {
  if (sound) {
    sound.close();
    sound = null;
    stopRinging();
    awake?.release();
    awake = null;
  } else {
    sound = new AudioContext();
    ring();
    stayAwake();
  }
  button.setAttribute("aria-pressed", String(sound !== null));
}

async function stayAwake() {
  try {
    if (sound && !document.hidden) awake = await navigator.wakeLock?.request("screen");
  } catch {
    awake = null; // the battery is low, say
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-token-ring]");
  if (button) toggleRing(button);
  const refresh = event.target.closest("[data-token-refresh]");
  if (refresh && !event.metaKey && !event.ctrlKey) {
    event.preventDefault();
    ask().then(() => place() && say(spoken()));
  }
});
document.addEventListener("htmx:afterSettle", begin);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  stayAwake();
  if (retry) open();
  watch();
});
window.addEventListener("online", () => (retry ? open() : watch()));
window.addEventListener("pagehide", disconnect);
window.addEventListener("pageshow", (event) => event.persisted && live && (open(), ask()));
setInterval(watch, ASK_EVERY);
begin();
