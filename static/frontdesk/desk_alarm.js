// The alarm of every page of the desk: sounds once for each emergency, and says it inside an open panel, too, where
// nothing else is heard.

const panel = document.getElementById("desk-panel");

const sounded = new Set();

function alarm() {
  for (const emergency of document.querySelectorAll("[data-emergency]")) {
    if (sounded.has(emergency.dataset.emergency)) continue;
    sounded.add(emergency.dataset.emergency);
    if (panel?.open) document.getElementById("panel-alarm").textContent = emergency.innerText;
    sound();
  }
}

function sound() {
  const context = new AudioContext();
  context.resume().then(() => {
    for (const [at, pitch] of [[0, 880], [0.25, 660], [0.5, 880], [0.75, 660]]) {
      const tone = new OscillatorNode(context, { type: "square", frequency: pitch });
      const volume = new GainNode(context, { gain: 0.12 });
      tone.connect(volume).connect(context.destination);
      tone.start(context.currentTime + at);
      tone.stop(context.currentTime + at + 0.2);
    }
    setTimeout(() => context.close(), 1_500);
  });
}

document.addEventListener("htmx:afterSettle", alarm);
alarm();
