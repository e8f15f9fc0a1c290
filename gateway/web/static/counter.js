// The counter's screen: the scanner's input keeps the focus, money makes itself heard and seen, receipts print themselves.

const scan = document.querySelector("[data-scan]");
const main = document.querySelector("main");
let paid = Boolean(main.querySelector("[data-money]"));

function first() {
  return main.querySelector("[data-first]") ?? scan;
}

function home() {
  const field = first();
  if (!field || document.querySelector("[popover]:popover-open")) return;
  if (document.activeElement === document.body || document.activeElement === main) take(field);
}

function take(field) {
  field.focus({ preventScroll: true });
  field.select?.();
}

// A scanner types like a person: what it types outside any field belongs into its own.
document.addEventListener("keydown", (event) => {
  if (!scan || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.key.length !== 1) return;
  if (event.target.closest("input, textarea, select, button, a, summary, [contenteditable]")) return;
  scan.focus({ preventScroll: true });
});
window.addEventListener("focus", home);
take(first() ?? main);

// Three rising notes, made here: no file, no network.
function chime() {
  try {
    const context = new AudioContext();
    [660, 880, 1320].forEach((pitch, place) => {
      const tone = context.createOscillator();
      const loud = context.createGain();
      const at = context.currentTime + place * 0.14;
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.25, at);
      loud.gain.exponentialRampToValueAtTime(0.001, at + 0.3);
      tone.connect(loud).connect(context.destination);
      tone.start(at);
      tone.stop(at + 0.3);
    });
  } catch {
    // a counter without a loudspeaker still has the colour and the word
  }
}

new MutationObserver(() => {
  const now = Boolean(main.querySelector("[data-money]"));
  if (now && !paid) {
    chime();
    document.getElementById("said").textContent = main.dataset.moneyWords;
  }
  paid = now;
  home();
}).observe(main, { subtree: true, childList: true });

// A receipt prints once it is loaded; a printer that fails holds nobody up.
document.addEventListener(
  "load",
  (event) => {
    const frame = event.target;
    if (!(frame instanceof HTMLIFrameElement) || !("print" in frame.dataset)) return;
    if (frame.contentDocument?.URL === "about:blank") return; // printed before: nothing came
    frame.dataset.printed = "";
    try {
      frame.contentWindow.print();
    } catch {
      window.open(frame.src, "_blank", "noopener");
    }
    home();
  },
  true,
);
