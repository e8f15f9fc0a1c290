// Copy buttons and the print button. They show only when this module runs; the texts are selectable without it.

document.documentElement.classList.add("scripted");

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (button && (await copied(button.dataset.copy))) say(button);
  if (event.target.closest("[data-print]")) window.print();
});

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedTheOldWay(text);
  }
}

// Plain http on a commune's own network has no clipboard API.
function copiedTheOldWay(text) {
  const back = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "unseen";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  back?.focus();
  return done;
}

function say(button) {
  const words = button.querySelector("span");
  const before = button.dataset.before ?? words.textContent;
  button.dataset.before = before;
  words.textContent = button.dataset.done;
  button.classList.add("done");
  document.getElementById("said").textContent = button.dataset.said;
  clearTimeout(Number(button.dataset.timer));
  button.dataset.timer = setTimeout(() => {
    words.textContent = before;
    button.classList.remove("done");
    document.getElementById("said").textContent = "";
  }, 2500);
}
