// What every page does on top of plain HTML: focus after a swap, one press per button, the CSRF header.

const TOKEN = "csrfmiddlewaretoken";

/** Put the focus on what a person should read first: an error summary, else the heading of what was swapped in. */
function focusOn(root) {
  const first = root.querySelector("[data-focus]") || root.querySelector("h1, [data-focus-after-swap]");
  if (!first) return;
  if (!first.hasAttribute("tabindex")) first.setAttribute("tabindex", "-1");
  first.focus({ preventScroll: false });
}

/** Let a form be sent once: later presses do nothing until the page is left or the answer is shown. */
function sendOnce(event) {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (form.method !== "post") return;
  form.dataset.sent = "yes";
  const button = event.submitter || form.querySelector("button[type=submit], button:not([type])");
  if (button) {
    button.setAttribute("aria-disabled", "true");
    button.dataset.busy = "";
    if (button.dataset.busyText) announce(button.dataset.busyText);
  }
}

function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[data-busy]")) {
    button.removeAttribute("aria-disabled");
    delete button.dataset.busy;
  }
}

export function announce(words) {
  const voice = document.getElementById("announcer");
  if (voice) voice.textContent = words;
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
document.addEventListener("htmx:afterSettle", (event) => {
  // A swap that happens by itself (polling) must not take the focus away from anybody.
  if (event.detail.requestConfig?.elt?.hasAttribute("data-quiet")) return;
  const target = event.detail.elt;
  if (target.id === "content" || target.hasAttribute?.("data-focus-swaps")) focusOn(target);
});

const summary = document.querySelector(".error-summary[data-focus]");
if (summary) summary.focus();
