// What is heard of a call: a chime, then the token and the room, twice, in each language of the clinic. One call after the
// other, never two at once. Browsers let a page sound only after somebody has pressed something: hence the one button.

const TIMES = 2;
const WORDS_TAKE = 15_000; // milliseconds; a browser without voices never says that it has finished
const BETWEEN = 350;
const CHOICE = "board-sound";
const NOTES = [
  [659.25, 0],
  [523.25, 0.32],
];

const button = document.getElementById("board-sound");
const waiting = []; // announcements that have not begun
let context = null;
let isWanted = kept() === "on";
let isSpeaking = false;
let speaking = null; // what is being said; a browser may drop what nobody holds

function kept() {
  try {
    return sessionStorage.getItem(CHOICE);
  } catch {
    return null;
  }
}

function keep(choice) {
  try {
    sessionStorage.setItem(CHOICE, choice);
  } catch {
    // asked again when the page is opened the next time
  }
}

/** Whether anything can be heard now. */
function isAudible() {
  return isWanted && context?.state === "running";
}

async function switchOn() {
  isWanted = true;
  context ??= new AudioContext();
  context.onstatechange = show;
  if (context.state !== "running") await Promise.race([context.resume(), pause(1000)]);
  show();
}

function switchOff() {
  isWanted = false;
  waiting.length = 0;
  window.speechSynthesis?.cancel();
  show();
}

async function press() {
  if (isAudible()) switchOff();
  else await switchOn();
  keep(isWanted ? "on" : "off");
  if (isAudible()) await chime();
}

function show() {
  button.hidden = false;
  button.dataset.sound = isAudible() ? "on" : "off";
}

/** Two soft tones, made here: no file has to be fetched at the moment of a call. */
async function chime() {
  for (const [frequency, delay] of NOTES) {
    const begin = context.currentTime + delay;
    const tone = new OscillatorNode(context, { frequency, type: "sine" });
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(0.35, begin + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, begin + 0.9);
    tone.connect(volume).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + 1);
  }
  await pause(1100);
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** C014 is spoken "C 14". */
function asSpoken(token) {
  const [, letters, digits] = token.match(/^([A-Za-z]*)0*(\d*)/) ?? [];
  return [...(letters ?? ""), digits].filter(Boolean).join(" ") || token;
}

function sentencesFor(call, phrases) {
  return phrases.map(({ voice, toRoom, alone, roomNumber }) => {
    const room = /^\d+$/.test(call.room) ? roomNumber.replace("{number}", call.room) : call.room;
    return { voice, words: (room ? toRoom : alone).replace("{token}", asSpoken(call.token)).replace("{room}", room) };
  });
}

/** Say a sentence; comes back when it has been said, or will not be. */
function speak({ voice, words }) {
  if (!window.speechSynthesis) return Promise.resolve();
  return new Promise((resolve) => {
    const sentence = new SpeechSynthesisUtterance(words);
    const finish = () => {
      clearTimeout(watch);
      if (speaking === sentence) speaking = null; // one that was cut off may say so after the next has begun
      resolve();
    };
    const watch = setTimeout(() => {
      window.speechSynthesis.cancel();
      finish();
    }, WORDS_TAKE);
    speaking = sentence;
    sentence.lang = voice;
    sentence.rate = 0.9;
    sentence.onend = finish;
    sentence.onerror = finish;
    window.speechSynthesis.speak(sentence);
  });
}

async function announce({ call, phrases }) {
  await chime();
  for (let time = 0; time < TIMES; time += 1) {
    for (const sentence of sentencesFor(call, phrases)) {
      if (!isAudible()) return;
      await speak(sentence);
    }
    await pause(BETWEEN);
  }
}

async function work() {
  if (isSpeaking) return;
  isSpeaking = true;
  document.body.dataset.speaking = "";
  try {
    while (waiting.length) {
      const next = waiting.shift();
      if (isAudible()) await announce(next);
    }
  } finally {
    isSpeaking = false;
    delete document.body.dataset.speaking;
  }
}

document.addEventListener("board-called", (event) => {
  const { calls, phrases } = event.detail;
  if (!isAudible()) return; // what was missed while it was off is not spoken later
  waiting.push(...calls.map((call) => ({ call, phrases })));
  work();
});
document.addEventListener("board-taken-back", (event) => {
  const ids = new Set(event.detail.ids);
  for (let place = waiting.length - 1; place >= 0; place -= 1) if (ids.has(waiting[place].call.id)) waiting.splice(place, 1);
});

button.addEventListener("click", press);
show();
if (isWanted) switchOn(); // the page has loaded itself anew; where the browser does not allow it, the button says so
