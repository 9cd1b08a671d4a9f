// Which calls are new to this screen: each is announced once, also after the link was lost or the page loaded itself anew.
//
// board.js says what it was told:  "board-told" {calls: [{id, at, token, room}], now, phrases}
// this answers with                "board-called" {calls, phrases}  (to be announced, first the first that was made)
//                                  "board-taken-back" {ids}
//                                  "board-highlight" {ids}

const TOO_LATE = 60_000; // milliseconds after which a call is shown, but not spoken any more
const SHOWN_FOR = 20_000;
const MEMORY = "board-calls";

let known = remembered(); // the calls this screen has seen; null before it has seen any
let oldest = 0; // calls older than that are no news, even if they come into view again
const highlighted = new Map(); // until when each call is highlighted

function remembered() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(MEMORY) ?? "null");
    return kept && kept.page === location.href ? new Set(kept.ids) : null;
  } catch {
    return null; // nothing can be kept here, or something else was
  }
}

function remember() {
  try {
    sessionStorage.setItem(MEMORY, JSON.stringify({ page: location.href, ids: [...known] }));
  } catch {
    // then a page that loads itself anew takes all calls for announced
  }
}

function hear({ calls, now, phrases }) {
  const isFirst = known === null;
  known ??= new Set();
  const fresh = calls.filter((call) => call.id > oldest && !known.has(call.id)).sort((one, other) => one.id - other.id);
  const ids = new Set(calls.map((call) => call.id));
  const first = ids.size ? Math.min(...ids) : -Infinity;
  const gone = [...known].filter((id) => !ids.has(id) && id > first);
  forget(ids);
  for (const call of fresh) known.add(call.id);
  remember();
  if (gone.length) say("board-taken-back", { ids: gone });
  if (isFirst || !fresh.length) return;
  for (const call of fresh) highlighted.set(call.id, performance.now() + SHOWN_FOR);
  showHighlights();
  const spoken = fresh.filter((call) => now - call.at <= TOO_LATE);
  if (spoken.length) say("board-called", { calls: spoken, phrases });
}

/** Keep no more than what may come again. */
function forget(ids) {
  const first = Math.min(...ids, Infinity);
  for (const id of known) {
    if (ids.has(id)) continue;
    known.delete(id);
    if (id < first) oldest = Math.max(oldest, id);
  }
}

function showHighlights() {
  const now = performance.now();
  for (const [id, until] of highlighted) if (until < now) highlighted.delete(id);
  say("board-highlight", { ids: new Set(highlighted.keys()) });
}

function say(name, detail) {
  document.dispatchEvent(new CustomEvent(name, { detail }));
}

document.addEventListener("board-told", (event) => hear(event.detail));
setInterval(() => highlighted.size && showHighlights(), 1000);
