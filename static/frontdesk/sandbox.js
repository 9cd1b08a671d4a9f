// The form for a card in the sandbox. What is typed stays here: the fields have no name, so that no browser sends them;
// this module checks them as a provider would, and ticks the test card that was meant. Its name is all that is sent.

const BRANDS = [
  // The first that fits; lengths of the number and of the code.
  { name: "American Express", starts: /^3[47]/, lengths: [15], code: 4, groups: [4, 6, 5] },
  { name: "RuPay", starts: /^(508|60(?!11)|652[12]|8[12]|353|356)/, lengths: [16], code: 3 },
  { name: "Visa", starts: /^4/, lengths: [13, 16, 19], code: 3 },
  { name: "Mastercard", starts: /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16], code: 3 },
  { name: "Diners Club", starts: /^(30[0-5]|36|38)/, lengths: [14], code: 3, groups: [4, 6, 4] },
  { name: "Discover", starts: /^(6011|64[4-9]|65)/, lengths: [16, 19], code: 3 },
  { name: "JCB", starts: /^35/, lengths: [16, 19], code: 3 },
  { name: "UnionPay", starts: /^62/, lengths: [16, 17, 18, 19], code: 3 },
  { name: "Maestro", starts: /^(50|5[6-9]|6)/, lengths: [12, 13, 14, 15, 16, 17, 18, 19], code: 3 },
];

const form = document.querySelector("[data-card-form]");
const field = (name) => document.getElementById(`card-${name}`);
const digits = (text) => text.replace(/[^0-9]/g, "");
const brandOf = (number) => BRANDS.find((brand) => brand.starts.test(number));

/** The check digit that every card number ends in: it finds one wrong digit, and two that changed places. */
export function passesLuhn(number) {
  let sum = 0;
  for (const [place, digit] of [...number].reverse().entries()) {
    const doubled = place % 2 ? Number(digit) * 2 : Number(digit);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

function grouped(number) {
  const groups = brandOf(number)?.groups ?? [4, 4, 4, 4, 3];
  const parts = [];
  for (let at = 0, i = 0; at < number.length; at += groups[i] ?? 4, i += 1) parts.push(number.slice(at, at + (groups[i] ?? 4)));
  return parts.join(" ");
}

const say = (name) => form.querySelector(`template[data-say=${name}]`).innerHTML.trim();
const cards = () => [...form.querySelectorAll("input[name=outcome]")];

// --- Checking ------------------------------------------------------------------------------------------------------

function problemOfNumber() {
  const number = digits(field("number").value);
  const brand = brandOf(number);
  if (!number) return "number-missing";
  if (!brand) return "number-unknown";
  if (!brand.lengths.includes(number.length)) return "number-length";
  if (!passesLuhn(number)) return "number-wrong";
  return cards().some((card) => card.dataset.number === number) ? "" : "number-real";
}

function problemOfExpiry() {
  const found = /^\s*(0?[1-9]|1[0-2])\s*[/.\- ]?\s*(?:20)?(\d{2})\s*$/.exec(field("expiry").value);
  if (!found) return "expiry-missing";
  const firstDayAfter = new Date(2000 + Number(found[2]), Number(found[1]), 1);
  return firstDayAfter > new Date() ? "" : "expiry-past";
}

function problemOfCode() {
  const wanted = brandOf(digits(field("number").value))?.code ?? 3;
  return new RegExp(`^\\d{${wanted}}$`).test(field("cvc").value.trim()) ? "" : "cvc-missing";
}

function check() {
  const found = [
    ["number", problemOfNumber()],
    ["expiry", problemOfExpiry()],
    ["cvc", problemOfCode()],
  ];
  for (const [name, problem] of found) show(name, problem && say(problem));
  return found.filter(([, problem]) => problem);
}

function show(name, words) {
  const [input, note] = [field(name), field(`${name}-error`)];
  note.textContent = words;
  note.hidden = !words;
  input.closest(".field").classList.toggle("field--error", Boolean(words));
  input.setAttribute("aria-describedby", words ? `card-${name}-hint card-${name}-error` : `card-${name}-hint`);
  if (words) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

function summarise(problems) {
  document.querySelectorAll(".error-summary:not([data-card-summary])").forEach((old) => old.remove());
  const summary = document.querySelector("[data-card-summary]");
  const list = summary.querySelector("ul");
  list.replaceChildren(
    ...problems.map(([name, problem]) => {
      const [item, link] = [document.createElement("li"), document.createElement("a")];
      link.href = `#card-${name}`;
      link.textContent = say(problem);
      item.append(link);
      return item;
    }),
  );
  summary.hidden = problems.length === 0;
  const word = `${form.dataset.error} `;
  if (problems.length && !document.title.startsWith(word)) document.title = word + document.title;
  if (problems.length) summary.focus();
}

// --- Typing and sending ----------------------------------------------------------------------------------------------

function tidyNumber() {
  const input = field("number");
  const atEnd = input.selectionStart === input.value.length;
  if (atEnd) input.value = grouped(digits(input.value).slice(0, 19));
  document.querySelector("[data-card-brand]").textContent = brandOf(digits(input.value))?.name ?? "";
}

function tidyExpiry(event) {
  const input = field("expiry");
  if (/^\d{2}$/.test(input.value) && event.inputType?.startsWith("insert")) input.value += "/";
}

function empty() {
  for (const name of ["number", "expiry", "cvc"]) field(name).value = "";
}

function send(event) {
  if (event.target !== form) return;
  const problems = check();
  if (problems.length) {
    event.preventDefault();
    event.stopImmediatePropagation(); // it was not sent: page.js must not wait for an answer
    if (problems.some(([, problem]) => problem === "number-real")) empty();
    summarise(problems);
    return;
  }
  const number = digits(field("number").value);
  for (const card of cards()) card.checked = card.dataset.number === number;
}

function fillIn(button) {
  const card = document.getElementById(`card-${button.dataset.card}`);
  field("number").value = grouped(card.dataset.number);
  field("expiry").value = `12/${String(new Date().getFullYear() + 2).slice(2)}`;
  field("cvc").value = "123".padEnd(brandOf(card.dataset.number).code, "4");
  tidyNumber();
  for (const name of ["number", "expiry", "cvc"]) show(name, "");
  summarise([]);
  form.querySelector("button[value=pay]").focus();
}

if (form) {
  form.querySelector("[data-card-list]").hidden = true;
  form.querySelector("[data-card-fields]").hidden = false;
  document.querySelector("[data-card-help]").hidden = false;
  field("number").addEventListener("input", tidyNumber);
  field("expiry").addEventListener("input", tidyExpiry);
  window.addEventListener("submit", send, true); // before page.js, which listens on the document
  window.addEventListener("pagehide", empty); // what was typed is not kept for a Back
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-card]");
    if (button) fillIn(button);
  });
}
