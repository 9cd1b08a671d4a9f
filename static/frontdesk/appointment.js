// The pages of one appointment: how long is left, in words, and printing. Everything works without this.

const LAST_MINUTE = 60; // seconds

function wordsFor(note, seconds) {
  if (seconds <= 0) return note.dataset.leftNone;
  if (seconds < 60) return note.dataset.leftLess;
  const minutes = Math.floor(seconds / 60);
  return minutes === 1 ? note.dataset.leftOne : note.dataset.leftMany.replace("{minutes}", minutes);
}

/** Keep the words right. They change once a minute at most, so that a screen reader says each once. */
function countDown(note) {
  note.dataset.counting = "";
  // Counted from when the page came, not by the device's clock, which may be wrong.
  const ends = performance.now() + Number(note.dataset.secondsLeft) * 1000;
  const tick = () => {
    const seconds = (ends - performance.now()) / 1000;
    if (seconds >= 7200) return;
    const words = wordsFor(note, seconds);
    if (note.textContent !== words) note.textContent = words;
    note.closest("[data-hold]")?.classList.toggle("hold--ending", seconds <= LAST_MINUTE);
    if (seconds <= 0 || !note.isConnected) clearInterval(timer);
  };
  const timer = setInterval(tick, 1000);
  tick();
}

/** Wake up what a page or a swap has brought. */
function begin() {
  document.querySelectorAll("[data-seconds-left]:not([data-counting])").forEach(countDown);
  for (const item of document.querySelectorAll("[data-needs-script]")) item.hidden = false;
}

begin();
document.addEventListener("htmx:afterSettle", begin);
document.addEventListener("click", (event) => event.target.closest("[data-print]") && window.print());
