// Keeps the page of a run up to date; without it the page reloads itself.
const box = document.querySelector("[data-progress]");
const bar = box?.querySelector("progress");
const message = box?.querySelector("[data-message]");
const EVERY_MS = 2000;

async function look() {
  try {
    const answer = await fetch(box.dataset.progress, { redirect: "error" });
    if (answer.ok) {
      const now = await answer.json();
      if (now.state !== box.dataset.state) {
        location.reload();
        return;
      }
      bar.value = now.share;
      if (now.message && message.textContent !== now.message) {
        message.textContent = now.message;
      }
    }
  } catch {
    message.textContent = "The server does not answer; trying again.";
  }
  setTimeout(look, EVERY_MS);
}

if (box && bar && message) {
  setTimeout(look, EVERY_MS);
}
