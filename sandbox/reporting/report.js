"use strict";
function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.body.appendChild(document.createElement("textarea"));
  field.value = text;
  field.select();
  document.execCommand("copy");
  field.remove();
  return Promise.resolve();
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  copy(button.dataset.copy).then(() => {
    button.classList.add("copied");
    document.getElementById("said").textContent = document.body.dataset.copied;
    setTimeout(() => button.classList.remove("copied"), 1200);
  });
});
function reveal() {
  let node = document.getElementById(location.hash.slice(1));
  const target = node;
  for (; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
  if (target) target.scrollIntoView();
}
addEventListener("hashchange", reveal);
addEventListener("beforeprint", () => document.querySelectorAll("details:not(.raw)").forEach((d) => { d.open = true; }));
reveal();
