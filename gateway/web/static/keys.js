// Key hints that work: an element with data-key is pressed by that key ("F2", "Enter", "u", "Alt+p"), rows move by arrows.
// A field keeps its letters; function keys and combinations work everywhere.

document.documentElement.classList.add("scripted");

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const name = named(event);
  const writing = event.target.closest("textarea, select, input:not([type=radio], [type=checkbox])");
  if (writing && name.length === 1) return;
  const place = document.querySelector("[popover]:popover-open, dialog[open]") ?? document;
  const wanted = [...place.querySelectorAll("[data-key]")].find((one) => one.dataset.key === name && able(one));
  if (!wanted || (name === "Enter" && (writing || event.target.closest("a, button, summary")))) return;
  event.preventDefault();
  wanted.click();
});

function named(event) {
  const held = [event.ctrlKey && "Ctrl", event.altKey && "Alt", event.shiftKey && event.key.length > 1 && "Shift"];
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return [...held.filter(Boolean), key].join("+");
}

function able(one) {
  return one.checkVisibility() && !one.disabled && one.getAttribute("aria-disabled") !== "true";
}
