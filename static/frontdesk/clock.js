// Names the clinic's time zone when the clock of this device goes differently.

/** Minutes that the clock of `zone` is ahead of UTC at `moment`. */
function offset(zone, moment) {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(moment);
  const name = parts.find((part) => part.type === "timeZoneName")?.value ?? "GMT";
  const match = /GMT([+-])(\d{2}):(\d{2})/.exec(name);
  return match ? (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) : 0;
}

function nameZones() {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const note of document.querySelectorAll("[data-zone]")) {
    const moment = new Date(note.dataset.moment || Date.now());
    const differs = offset(note.dataset.zone, moment) !== offset(own, moment);
    if (note.hidden === differs) note.hidden = !differs;
  }
}

nameZones();
document.addEventListener("htmx:afterSettle", nameZones);
