// What every page does on top of plain HTML: focus after a swap, one press per button, the CSRF header.

const TOKEN = "csrfmiddlewaretoken";
const PATIENCE = 15_000; // milliseconds after which a button may be pressed again, whatever became of the first press

/** Put the focus on what a person should read first: an error summary, else the heading of what was swapped in. */
function focusOn(root) {
  const first = root.querySelector("[data-focus]") || root.querySelector("h1, [data-focus-after-swap]");
  if (!first) return;
  if (!first.hasAttribute("tabindex")) first.setAttribute("tabindex", "-1");
  first.focus({ preventScroll: false });
}

/** Let a form be sent once: later presses do nothing until the answer is there, or is not to be expected any more. */
function sendOnce(event) {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (form.method !== "post") return;
  form.dataset.sent = "yes";
  setTimeout(() => release(form), PATIENCE);
  const button = event.submitter || form.querySelector("button[type=submit], button:not([type])");
  if (button) {
    button.setAttribute("aria-disabled", "true");
    button.dataset.busy = "";
    if (button.dataset.busyText) announce(button.dataset.busyText);
  }
}

function release(form) {
  delete form.dataset.sent;
  for (const control of form.elements) {
    if (control.dataset.busy === undefined) continue;
    control.removeAttribute("aria-disabled");
    delete control.dataset.busy;
  }
}

function announce(words) {
  const voice = document.getElementById("announcer");
  if (voice) voice.textContent = words;
}

/** Say, or no longer say, that the clinic cannot be reached. */
function showTrouble(visible) {
  const notice = document.getElementById("trouble");
  if (notice) notice.hidden = !visible;
}

/** Whether a request was made by the page itself (polling), so that nobody waits for its answer. */
function isQuiet(event) {
  return event.detail.requestConfig?.elt?.hasAttribute("data-quiet") ?? false;
}

document.addEventListener("submit", sendOnce, true);
// A page that comes back out of the browser's memory must be usable again.
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb === "get") return;
  const field = document.querySelector(`input[name=${TOKEN}]`);
  if (field && !event.detail.parameters[TOKEN]) event.detail.headers["X-CSRFToken"] = field.value;
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest?.("form");
  if (form) release(form);
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { status } = event.detail.xhr;
  const broken = status >= 500 || (status >= 400 && isQuiet(event));
  // A whole error page does not belong into a part of a page.
  if (broken && !event.detail.boosted) event.detail.shouldSwap = false;
  if (!isQuiet(event)) showTrouble(broken && !event.detail.boosted);
});
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => isQuiet(event) || showTrouble(true));
}
document.addEventListener("htmx:afterSettle", (event) => {
  if (isQuiet(event)) return; // must not take the focus away from anybody
  const target = event.detail.elt;
  if (target.id === "content" || target.hasAttribute?.("data-focus-swaps")) focusOn(target);
});

const summary = document.querySelector(".error-summary[data-focus]");
if (summary) summary.focus();
