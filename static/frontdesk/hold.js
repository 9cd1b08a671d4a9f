// Says how long the seat is still kept, in words; warns in time; says when it was kept longer.

const WARN_AT = [120, 59, 25]; // seconds before the end at which a screen reader is told

let panel = null;
let endsAt = 0;
let told = new Set();

function say(words) {
  const voice = document.getElementById("announcer");
  if (voice) voice.textContent = words;
}

function sentence(name, n) {
  const template = panel.querySelector(`template[data-say=${name}]`);
  return (template?.innerHTML ?? "").trim().replace("{n}", n ?? "");
}

function wordsFor(left) {
  if (left <= 0) return sentence("over");
  if (left < 60) return sentence("soon");
  const minutes = Math.round(left / 60);
  return minutes === 1 ? sentence("minute") : sentence("minutes", minutes);
}

function tick() {
  if (!panel?.isConnected) return;
  const left = Math.round((endsAt - performance.now()) / 1000);
  const words = wordsFor(left);
  const place = panel.querySelector("[data-hold-words]");
  if (place && place.textContent !== words) place.textContent = words;
  panel.classList.toggle("hold--ending", left < 60);
  for (const mark of [...WARN_AT, 0]) {
    if (left <= mark && left > mark - 30 && !told.has(mark)) {
      told.add(mark);
      say(words);
      return;
    }
  }
}

function begin() {
  const found = document.getElementById("hold");
  if (found === panel) return;
  const prolonged = panel !== null && found !== null;
  panel = found;
  if (!panel?.dataset.seconds) return;
  endsAt = performance.now() + Number(panel.dataset.seconds) * 1000;
  told = new Set(WARN_AT.filter((mark) => Number(panel.dataset.seconds) <= mark));
  if (prolonged) say(sentence("kept"));
  tick();
}

begin();
document.addEventListener("htmx:afterSettle", begin);
setInterval(tick, 1000);
