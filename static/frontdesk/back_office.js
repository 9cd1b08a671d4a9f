// What the back office's framework leaves out for screen readers: landmarks to jump by, and names of its widgets.
const name = (element, label) => label && element.setAttribute("aria-label", label.replace(/[*:\s]+/g, " ").trim());

const nameWidgets = () => {
  for (const widget of document.querySelectorAll(".select2-container:not([data-named])")) {
    const select = widget.parentElement.querySelector("select");
    const label = document.querySelector(`label[for="${select?.id}"]`)?.textContent
      ?? widget.parentElement.parentElement.querySelector("h3")?.textContent ?? select?.name;
    for (const part of widget.querySelectorAll("[role=combobox], [role=textbox], [role=searchbox]")) {
      part.removeAttribute("aria-labelledby");
      name(part, label);
    }
    widget.dataset.named = "yes";
  }
};

document.addEventListener("DOMContentLoaded", () => {
  const content = document.getElementById("content");
  content?.parentElement?.setAttribute("role", "main");
  content?.parentElement?.previousElementSibling?.setAttribute("role", "status");
  document.getElementById("header-inner")?.parentElement?.parentElement?.setAttribute("role", "banner");
  const below = document.querySelector('#submit-row, #main > [class*="lg:sticky"]');
  below?.setAttribute("role", "region");
  below?.setAttribute("aria-label", document.title);
  new MutationObserver(nameWidgets).observe(document.body, { childList: true, subtree: true });
  nameWidgets();
});

window.addEventListener("load", () => {
  document.querySelectorAll(".simplebar-content-wrapper").forEach((region, number) => {
    const menu = region.closest("#nav-sidebar, #nav-sidebar-inner, #nav-sidebar-apps");
    const heading = menu ? document.getElementById("site-name") : document.querySelector("#content h2, #content h3");
    name(region, `${heading?.textContent ?? document.title} ${number + 1}`);
  });
});
