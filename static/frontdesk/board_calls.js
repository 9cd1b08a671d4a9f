// Which calls are new to this screen: each is announced once, also after the link was lost or the page loaded itself anew.
//
// board.js says what it was told:  "board-told" {calls: [{id, at, token, room}], now, phrases}
// this answers with                "board-called" {calls, phrases}  (to be announced, first the first that was made)
//                                  "board-taken-back" {ids}
//                                  "board-highlight" {ids}

const TOO_LATE = 60_000; // milliseconds after which a call is shown, but not spoken any more
const SHOWN_FOR = 20_000;
const MEMORY = "board-calls";
const MOST_KNOWN = 100; // more than one feed holds

let { known, oldest } = remembered();
let shown = new Set(); // the calls in what was told last
const highlighted = new Map(); // until when each call is highlighted

/** `known`: the calls this screen has seen, null before it has seen any. Those up to `oldest` are no news either, even
 * if they come into view again. */
function remembered() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(MEMORY) ?? "null");
    if (kept?.page === location.href) return { known: new Set(kept.ids), oldest: kept.oldest };
  } catch {
    // nothing can be kept here, or something else was
  }
  return { known: null, oldest: 0 };
}

function remember() {
  try {
    sessionStorage.setItem(MEMORY, JSON.stringify({ page: location.href, ids: [...known], oldest }));
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
  if (isFirst && ids.size) oldest = first - 1;
  const gone = [...shown].filter((id) => !ids.has(id) && id > first);
  shown = ids;
  for (const call of fresh) known.add(call.id);
  forget();
  remember();
  if (gone.length) say("board-taken-back", { ids: gone });
  if (isFirst || !fresh.length) return;
  for (const call of fresh) highlighted.set(call.id, performance.now() + SHOWN_FOR);
  showHighlights();
  const spoken = fresh.filter((call) => now - call.at <= TOO_LATE);
  if (spoken.length) say("board-called", { calls: spoken, phrases });
}

/** Keep the latest only. What goes out of sight stays known: an answer a moment old may lack it, and the next one not. */
function forget() {
  const ids = [...known].sort((one, other) => one - other);
  for (const id of ids.slice(0, -MOST_KNOWN)) {
    known.delete(id);
    oldest = Math.max(oldest, id);
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
