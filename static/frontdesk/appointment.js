// The appointment page: minutes left to confirm, in words, and printing. Everything works without this.

function wordsFor(note, seconds) {
  if (seconds <= 0) return note.dataset.leftNone;
  if (seconds < 60) return note.dataset.leftLess;
  const minutes = Math.floor(seconds / 60);
  return minutes === 1 ? note.dataset.leftOne : note.dataset.leftMany.replace("{minutes}", minutes);
}

/** Say how long is left; text only changes when the words do, so that a screen reader hears each once. */
function tick(note) {
  const words = wordsFor(note, (new Date(note.dataset.until) - Date.now()) / 1000);
  if (note.textContent !== words) note.textContent = words;
}

for (const note of document.querySelectorAll("[data-until]")) {
  tick(note);
  setInterval(() => tick(note), 1000);
}
for (const item of document.querySelectorAll("[data-needs-script]")) item.hidden = false;
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
