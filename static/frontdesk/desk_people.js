// The people of the desk: how long they have been here goes on by itself, and they are found by name or number.

const TICK = 10_000; // milliseconds

const desk = document.getElementById("desk");
const find = document.getElementById("desk-find");

function tick() {
  for (const span of desk.querySelectorAll("[data-since]")) {
    const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(span.dataset.since)) / 60_000));
    const pattern = minutes < 60 ? desk.dataset.minutes : desk.dataset.hours;
    const words = pattern.replace("{hours}", Math.floor(minutes / 60)).replace("{minutes}", minutes % 60);
    if (span.textContent !== words) span.textContent = words;
  }
}

/** As a keyboard in a hurry has it: no capitals, no accents, one apostrophe. */
function plain(words) {
  return words.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replace(/[’‘`´]/g, "'");
}

function search() {
  const words = plain(find.value).trim().split(/\s+/).filter(Boolean);
  for (const person of desk.querySelectorAll("[data-words]")) {
    const said = plain(person.dataset.words);
    person.hidden = !words.every((word) => said.includes(word));
  }
}

function onInput() {
  search();
  const found = desk.querySelectorAll("[data-token]:not([hidden])").length;
  if (find.value) document.getElementById("announcer").textContent = desk.dataset.found.replace("{count}", found);
}

function onKey(event) {
  if (event.isComposing) return;
  if (event.key === "Escape") {
    find.value = "";
    search();
    (desk.querySelector("[data-queue][data-chosen]") ?? desk.querySelector("[data-queue]"))?.focus();
  } else if (event.key === "Enter" || event.key === "ArrowDown") {
    event.preventDefault();
    desk.querySelector("[data-token]:not([hidden])")?.focus();
  }
}

function show() {
  tick();
  search();
}

if (desk) {
  setInterval(tick, TICK);
  find.addEventListener("input", onInput);
  find.addEventListener("keydown", onKey);
  document.addEventListener("htmx:afterSettle", show);
}
