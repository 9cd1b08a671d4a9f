// What the back office's framework leaves out for screen readers: landmarks to jump by, and names of its widgets.
document.addEventListener("DOMContentLoaded", () => {
  const content = document.getElementById("content");
  content?.parentElement?.setAttribute("role", "main");
  document.getElementById("header-inner")?.parentElement?.parentElement?.setAttribute("role", "banner");
  const below = document.querySelector('#submit-row, #main > [class*="lg:sticky"]');
  below?.setAttribute("role", "region");
  below?.setAttribute("aria-label", document.title);
});

window.addEventListener("load", () => {
  const name = (element, label) => label && element.setAttribute("aria-label", label.replace(/[*:\s]+/g, " ").trim());
  for (const box of document.querySelectorAll(".select2-selection[role=combobox]")) {
    const select = box.closest(".select2-container")?.previousElementSibling;
    name(box, document.querySelector(`label[for="${select?.id}"]`)?.textContent ?? select?.name);
    box.removeAttribute("aria-labelledby");
  }
  document.querySelectorAll(".select2-search__field").forEach((field) => {
    const select = field.closest(".select2-container")?.previousElementSibling;
    name(field, document.querySelector(`label[for="${select?.id}"]`)?.textContent ?? select?.name);
  });
  document.querySelectorAll(".simplebar-content-wrapper").forEach((region, number) => {
    const menu = region.closest("#nav-sidebar, #nav-sidebar-inner, #nav-sidebar-apps");
    const heading = menu ? document.getElementById("site-name") : document.querySelector("#content h2, #content h3");
    name(region, `${heading?.textContent ?? document.title} ${number + 1}`);
  });
});
