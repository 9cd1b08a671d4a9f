// Keeps an open calendar as it is at the clinic: hears of changes and draws the days anew that changed.
// While it does not hear, it asks every fifteen seconds, and says so.

const ASK_EVERY = 15_000; // milliseconds
const GATHER = 200; // changes that come together are drawn together
const REST = 1_000; // between two drawings, however much happens
const RETRY_FROM = 500;
const RETRY_AT_MOST = 15_000;
const SIGNED_OUT = 4401;
const DAY = 86_400_000;

const calendar = () => document.getElementById("calendar");
const state = document.getElementById("calendar-state");

let socket = null;
let failures = 0;
let drawing = 0;
let drawnAt = 0;
let isAsking = false;
let askAgain = false;

/** Say how fresh the page is: live, asking, or lost. */
function show(what) {
  state.hidden = false;
  for (const words of state.querySelectorAll("[data-is]")) words.hidden = words.dataset.is !== what;
}

function isLive() {
  return socket?.readyState === WebSocket.OPEN && socket.isHeard;
}

// --- Hearing -----------------------------------------------------------------------------------------------------

function listen() {
  const address = new URL("/ws/events/", location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const opened = new WebSocket(address);
  socket = opened;
  opened.addEventListener("open", () => {
    opened.send(JSON.stringify({ type: "subscribe", room: calendar().dataset.room }));
  });
  opened.addEventListener("message", (event) => hear(opened, JSON.parse(event.data)));
  opened.addEventListener("close", (event) => lose(event.code));
}

function hear(from, told) {
  if (told.type === "subscribed") {
    from.isHeard = true;
    failures = 0;
    drawSoon(); // for what happened before
  } else if (told.type === "error") {
    from.close();
  } else if (touches(told)) {
    drawSoon();
  }
}

/** Whether something happened on one of the days that are shown, by whichever clock. */
function touches({ type, data }) {
  const { first, last } = calendar().dataset;
  const from = Date.parse(first) - DAY;
  const until = Date.parse(last) + 2 * DAY;
  const moments = type === "slot_update" ? data.slots.map((slot) => slot.starts_at) : [data.starts_at];
  return moments.some((moment) => moment === null || (Date.parse(moment) >= from && Date.parse(moment) < until));
}

function lose(code) {
  show("asking");
  if (code === SIGNED_OUT && mayReload()) {
    location.reload(); // to where one signs in: nothing of a calendar stays on the screen
    return;
  }
  const pause = Math.min(RETRY_AT_MOST, RETRY_FROM * 2 ** failures) * (0.5 + Math.random());
  failures += 1;
  setTimeout(listen, pause);
}

/** Once a minute at most: whatever is the matter, the page must not reload for ever. */
function mayReload() {
  const before = Number(sessionStorage.getItem("calendar-reloaded-at"));
  if (Date.now() - before < 60_000) return false;
  sessionStorage.setItem("calendar-reloaded-at", String(Date.now()));
  return true;
}

// --- Drawing -----------------------------------------------------------------------------------------------------

function drawSoon() {
  if (drawing || document.hidden) return; // whoever comes back is shown the latest
  drawing = setTimeout(() => {
    drawing = 0;
    draw();
  }, Math.max(GATHER, drawnAt + REST - Date.now()));
}

async function draw() {
  if (isAsking) {
    askAgain = true;
    return;
  }
  isAsking = true;
  try {
    const answer = await fetch(location.href, { headers: { "Frontdesk-Background": "1" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("calendar");
    if (fresh) {
      renew(fresh);
      show(isLive() ? "live" : "asking");
    } else if ((answer.redirected || answer.status === 403) && mayReload()) {
      location.reload();
    } else {
      show("lost");
    }
  } catch {
    show("lost");
  } finally {
    isAsking = false;
    drawnAt = Date.now();
    if (askAgain) {
      askAgain = false;
      drawSoon();
    }
  }
}

/** Put in the days that changed; the others stay as they are, with whatever somebody does in them. */
function renew(fresh) {
  const { room, first } = calendar().dataset;
  if (fresh.dataset.room !== room || fresh.dataset.first !== first) {
    location.reload(); // an address without a day, and a new week has begun
    return;
  }
  for (const day of fresh.children) {
    const shown = document.getElementById(day.id);
    if (shown.outerHTML !== day.outerHTML) keepingFocus(shown, () => shown.replaceWith(document.importNode(day, true)));
  }
}

/** Change a part of the page; whoever was on a link in it is on the same link after, or on its slot when it is gone. */
function keepingFocus(part, change) {
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const address = focused?.getAttribute("href");
  const slot = focused?.closest("[id^=slot-]")?.id;
  const day = part.id;
  change();
  if (!focused) return;
  const again = [...document.getElementById(day).querySelectorAll("a")].find((a) => a.getAttribute("href") === address);
  const target = again ?? document.getElementById(slot) ?? document.getElementById(day);
  if (target.tagName !== "A") target.setAttribute("tabindex", "-1");
  target.focus({ preventScroll: true });
}

if (calendar()) {
  show("asking");
  listen();
  setInterval(drawSoon, ASK_EVERY);
  document.addEventListener("visibilitychange", drawSoon);
}
