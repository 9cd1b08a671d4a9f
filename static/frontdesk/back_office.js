// The back office's framework names no landmarks; screen readers jump by them.
document.addEventListener("DOMContentLoaded", () => {
  const content = document.getElementById("content");
  content?.parentElement?.setAttribute("role", "main");
  document.getElementById("header-inner")?.parentElement?.parentElement?.setAttribute("role", "banner");
  const below = document.querySelector("#submit-row, #main > .sticky");
  below?.setAttribute("role", "region");
  below?.setAttribute("aria-label", document.title);
});
