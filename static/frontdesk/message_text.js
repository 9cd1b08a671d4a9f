// The preview beside the form of a message's text follows what is typed; the server draws it.
document.addEventListener("DOMContentLoaded", () => {
  const preview = document.getElementById("preview");
  const form = preview?.closest("form");
  let timer;
  let latest = 0;

  const draw = async () => {
    const mine = (latest += 1);
    const typed = new FormData(form);
    for (const kept of form.querySelectorAll("[data-kept]")) typed.set(kept.dataset.kept, kept.value);
    const answer = await fetch(`${preview.dataset.preview}?part`, { method: "POST", body: typed, credentials: "same-origin" });
    if (answer.ok && mine === latest) preview.innerHTML = await answer.text();
  };

  form?.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => draw().catch(() => {}), 300); // away for a moment: the next key tries again
  });
});
