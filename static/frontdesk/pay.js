// Paying: sends the form that leads to a provider by itself, and copies what belongs on a transfer. Everything can be
// pressed and read without this.

/** Somebody who came back with Back is not sent away again. */
function cameBack() {
  return performance.getEntriesByType("navigation")[0]?.type === "back_forward";
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    return; // the browser does not let us: the text can be marked and copied by hand
  }
  const voice = document.getElementById("announcer");
  if (voice) voice.textContent = button.dataset.copied;
  const words = button.firstChild;
  const before = words.textContent;
  if (before === button.dataset.copied) return;
  words.textContent = button.dataset.copied;
  setTimeout(() => (words.textContent = before), 3_000);
}

if (!cameBack()) document.querySelector("[data-auto-submit]")?.requestSubmit();
if (navigator.clipboard) for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});
