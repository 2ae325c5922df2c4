// What pages do beyond forms and links.  Every page works without it.

// Menus are <details>: one is open at a time; Escape and a click elsewhere close it.
const menus = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// <a data-dialog href="…"> shows the page that asks before harm as a dialog over this one.
const dialog = document.getElementById("dialog");
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const answer = await fetch(link.href, { headers: { "HX-Request": "true" } });
  const elsewhere = answer.headers.get("HX-Redirect");
  if (!answer.ok || elsewhere) {
    location.assign(elsewhere || link.href);
    return;
  }
  dialog.innerHTML = await answer.text();
  dialog.showModal();
  dialog.querySelector("[data-close]")?.focus();
});
dialog.addEventListener("click", (event) => {
  if (event.target !== dialog && !event.target.closest("[data-close]")) return;
  event.preventDefault();
  dialog.close();
});

// One checkbox for all rows.
document.addEventListener("change", (event) => {
  const name = event.target.dataset?.checkAll;
  if (!name) return;
  for (const box of event.target.closest("table").querySelectorAll("tbody input[type=checkbox]")) {
    if (box.name === name) box.checked = event.target.checked;
  }
});

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => { delete form.dataset.sent; }, 5000);
});

// What is not right in a form is read first.
document.querySelector("[data-focus]")?.focus();

// <button data-copy="#id"> copies what an element says.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
  document.getElementById("announcer").textContent = button.dataset.copied || "";
});
