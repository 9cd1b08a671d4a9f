// The screen of the waiting room: shows what the socket tells, asks by itself while the socket is away, says when it has
// lost the clinic, and mends itself. Stands open for weeks: nothing here grows.

const SILENT = 8_000; // milliseconds without a word after which the link counts as lost; the server speaks every three seconds
const ASK_EVERY = 4_000; // while the socket is away
const ASKED_FOR = 4_000;
const FIRST_RETRY = 250;
const SLOWEST_RETRY = 10_000;
const TURN_EVERY = 8_000; // languages, and pages of doctors
const DOCTORS_AT_ONCE = 5;
const CALM = 20_000; // so long after a call nothing may interrupt
const SPREAD = 30_000; // so that not all screens of a clinic load themselves anew in the same moment
const HOUR = 3_600_000;
const BACKGROUND = { "Frontdesk-Background": "1" }; // whoever signed in on this device is not at work because it asks
const SHIFTS = [[0, 0], [6, 0], [6, 4], [0, 4], [-6, 4], [-6, 0], [-6, -4], [0, -4], [6, -4]]; // against burn-in

const page = document.body;
const stale = document.getElementById("board-stale");
const clock = document.getElementById("board-clock");

let socket = null;
let attempts = 0;
let retry = 0;
let heardAt = performance.now(); // when anything was heard last
let ahead = Date.parse(page.dataset.now) - Date.now(); // how far the server's clock is ahead of the device's
let isAsking = false;
let askedAt = 0;
let isStale = false;
let etag = "";
let turn = 0;
let calledAt = -Infinity;
let highlighted = new Set();
let reloadAt = Infinity;
const wall = new Intl.DateTimeFormat("en-GB", {
  timeZone: page.dataset.zone,
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const drawn = new Map(); // what the server sent last, by part

const serverNow = () => Date.now() + ahead;

// --- The link ------------------------------------------------------------------------------------------------------

function open() {
  clearTimeout(retry);
  const url = new URL(page.dataset.socket, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const opened = new WebSocket(url);
  socket = opened;
  opened.addEventListener("message", (event) => {
    if (opened !== socket) return;
    etag = ""; // what was asked for last is no longer what is shown
    hear(event.data);
  });
  opened.addEventListener("close", () => opened === socket && lost());
}

function lost() {
  socket = null;
  ask();
  const pause = Math.min(SLOWEST_RETRY, FIRST_RETRY * 2 ** attempts) * (0.5 + Math.random());
  attempts += 1;
  clearTimeout(retry);
  retry = setTimeout(open, pause);
}

function isLinked() {
  return socket?.readyState === WebSocket.OPEN;
}

function hear(html) {
  attempts = 0;
  heard();
  const told = new DOMParser().parseFromString(html, "text/html");
  const time = told.querySelector("time[datetime]");
  const state = told.getElementById("board-state");
  if (state) show(state);
  else if (time) ahead = Date.parse(time.dateTime) - Date.now();
}

function heard() {
  heardAt = performance.now();
  if (isStale) showLink();
}

/** Look without the socket. */
async function ask() {
  if (isAsking) return;
  isAsking = true;
  askedAt = performance.now();
  try {
    const headers = { ...BACKGROUND, ...(etag && { "If-None-Match": etag }) };
    const answer = await fetch(page.dataset.state, { headers, cache: "no-store", signal: AbortSignal.timeout(ASKED_FOR) });
    const text = answer.status === 200 ? await answer.text() : "";
    if (isLinked()) return; // which knows better
    if (text) {
      etag = answer.headers.get("ETag") ?? "";
      hear(text);
    } else if (answer.status === 304) heard();
  } catch {
    showLink(true);
  } finally {
    isAsking = false;
  }
}

/** Close a link over which nothing comes any more: the browser itself may take minutes to notice. */
function watch() {
  const silence = performance.now() - heardAt;
  if (silence > SILENT && isLinked()) {
    const silent = socket;
    socket = null;
    silent.close();
    lost();
  }
  if (!isLinked() && performance.now() - askedAt > ASK_EVERY) ask();
  showLink();
}

function showLink(hasFailed = false) {
  const was = isStale;
  const silence = performance.now() - heardAt;
  isStale = silence > SILENT || (!isLinked() && (hasFailed || isStale) && silence > 100);
  if (isStale === was) return;
  page.toggleAttribute("data-stale", isStale);
  const words = stale.querySelector("span");
  words.hidden = !isStale;
  if (isStale) for (const sentence of words.querySelectorAll(".turn")) fillIn(sentence);
}

function fillIn(sentence) {
  sentence.dataset.pattern ??= sentence.textContent;
  const time = inZone(serverNow() - (performance.now() - heardAt));
  sentence.textContent = sentence.dataset.pattern.replace("{time}", time);
}

// --- The picture ---------------------------------------------------------------------------------------------------

function show(state) {
  if (state.dataset.build !== page.dataset.build) loadSoon();
  else reloadAt = Infinity;
  const feed = readFeed(state);
  for (const part of state.children) {
    const html = part.outerHTML;
    if (drawn.get(part.id) === html) continue;
    drawn.set(part.id, html);
    document.getElementById(part.id)?.replaceWith(document.importNode(part, true));
  }
  dress();
  document.dispatchEvent(new CustomEvent("board-told", { detail: { ...feed, now: serverNow() } }));
}

/** The calls that were made, and how they are spoken. */
function readFeed(state) {
  const feed = state.querySelector("#board-feed");
  const calls = [...feed.querySelectorAll("[data-call]")].map((call) => ({
    id: Number(call.dataset.call),
    at: Number(call.dataset.at) * 1000,
    token: call.dataset.token,
    room: call.textContent,
  }));
  const phrases = [...feed.querySelectorAll("[data-voice]")].map(({ lang, dataset }) => ({ lang, ...dataset }));
  return { calls, phrases };
}

/** What the page adds to what it was sent: the language whose turn it is, highlights, a page of the doctors. */
function dress() {
  const languages = [...new Set([...document.querySelectorAll("#board-feed [data-voice]")].map((one) => one.lang))];
  const language = languages[turn % languages.length];
  if (language) speakIn(language);
  for (const call of document.querySelectorAll("#board-calls [data-call], #board-before [data-call]")) {
    call.toggleAttribute("data-new", highlighted.has(Number(call.dataset.call)));
  }
  const doctors = [...document.querySelectorAll("#board-doctors .doctor")];
  const pages = Math.ceil(doctors.length / DOCTORS_AT_ONCE);
  doctors.forEach((doctor, place) => {
    doctor.hidden = pages > 1 && Math.floor(place / DOCTORS_AT_ONCE) !== turn % pages;
  });
}

function speakIn(language) {
  for (const sentence of document.querySelectorAll(".turn")) {
    const isSeen = sentence.lang === language;
    if (sentence.hidden === isSeen) sentence.hidden = !isSeen;
    if (isSeen && document.documentElement.lang !== language) {
      document.documentElement.lang = language;
      document.documentElement.dir = sentence.dir;
    }
  }
}

function takeTurns() {
  turn = (turn + 1) % 5040; // comes round for up to ten languages or pages
  dress();
}

/** Say on the page what is spoken in the room. */
function tell({ calls, phrases }) {
  calledAt = performance.now();
  const phrase = phrases.find((one) => one.lang === document.documentElement.lang) ?? phrases[0];
  const sentences = calls.map(({ token, room }) => (room ? phrase.toRoom : phrase.alone).replace("{token}", token).replace("{room}", room));
  document.getElementById("board-said").textContent = sentences.join(" ");
}

// --- Hours and weeks -----------------------------------------------------------------------------------------------

function inZone(moment) {
  return wall.format(moment);
}

function tick() {
  const time = inZone(serverNow());
  if (clock.textContent !== time) clock.textContent = time;
  const [x, y] = SHIFTS[Math.floor(serverNow() / HOUR) % SHIFTS.length];
  page.style.setProperty("--shift-x", `${x}px`);
  page.style.setProperty("--shift-y", `${y}px`);
  watch();
  if (performance.now() > reloadAt) load();
}

function loadSoon() {
  if (reloadAt === Infinity) reloadAt = performance.now() + Math.random() * SPREAD;
}

/** Load the page anew in a calm moment, and only if there is one to load. */
async function load() {
  const isBusy = "speaking" in page.dataset || performance.now() - calledAt < CALM;
  if (isBusy || isStale) return;
  reloadAt = performance.now() + SPREAD;
  const answer = await fetch(location.href, { headers: BACKGROUND, cache: "no-store", signal: AbortSignal.timeout(ASKED_FOR) }).catch(() => null);
  if (answer?.ok) location.reload();
}

document.addEventListener("board-called", (event) => tell(event.detail));
document.addEventListener("board-highlight", (event) => {
  highlighted = event.detail.ids;
  dress();
});
window.addEventListener("online", () => !isLinked() && open());
document.addEventListener("visibilitychange", () => !document.hidden && watch());

page.dataset.alive = "";
const first = document.getElementById("board-state");
if (first) {
  for (const part of first.children) drawn.set(part.id, part.outerHTML);
  document.dispatchEvent(new CustomEvent("board-told", { detail: { ...readFeed(first), now: serverNow() } }));
}
dress();
open();
tick();
setInterval(tick, 1000);
setInterval(takeTurns, TURN_EVERY);
