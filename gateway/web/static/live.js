// Keeps the pay page true: the server says when something changed, the page is fetched again and its parts replaced.
// The server decides the state; nothing here guesses it.

const POLL = 4000;
const main = document.querySelector("main[data-events]");
let source = null;
let poll = 0;
let busy = false;
let again = false;

function listen() {
  if (!("live" in main.dataset) || source) return;
  source = new EventSource(main.dataset.events);
  source.addEventListener("open", () => stopPolling());
  source.addEventListener("status", (event) => {
    if (JSON.parse(event.data).version !== main.dataset.version) refresh();
  });
  source.addEventListener("error", () => startPolling());
}

function hush() {
  source?.close();
  source = null;
  stopPolling();
}

function startPolling() {
  poll ||= setInterval(() => document.visibilityState === "visible" && refresh(), POLL);
}

function stopPolling() {
  clearInterval(poll);
  poll = 0;
}

async function refresh() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    startPolling(); // no network now: look again soon
  }
  busy = false;
  if (again) {
    again = false;
    refresh();
  }
}

function show(next) {
  const fresh = next.querySelector("main[data-version]");
  if (!fresh || fresh.dataset.version === main.dataset.version) return;
  const held = main.contains(document.activeElement) ? document.activeElement : null;
  for (const part of main.querySelectorAll("[data-part]")) {
    const other = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    part.className = other.className;
    if (part.innerHTML !== other.innerHTML) part.replaceChildren(...other.childNodes);
  }
  main.dataset.version = fresh.dataset.version;
  document.title = next.title;
  keepFocus(held);
  main.querySelector("[role=status]").scrollIntoView({ block: "nearest" });
  if (!("live" in fresh.dataset)) {
    delete main.dataset.live;
    hush();
  }
}

// A reader whose button is gone goes on from the start of the content, not from the top of the window.
function keepFocus(held) {
  if (!held || held.isConnected) return;
  const same = held.id ? document.getElementById(held.id) : null;
  (same ?? main).focus({ preventScroll: true });
}

// The time that is left, in words: counted by this page's own clock from what the server said.
let counted = null;
let end = 0;

function count() {
  const shown = main.querySelector("[data-left]");
  if (!shown) return;
  if (shown !== counted) {
    counted = shown;
    end = performance.now() + Number(shown.dataset.left) * 1000;
  }
  const minutes = Math.floor((end - performance.now()) / 60000);
  const words = minutes > 0 ? shown.dataset.words.replace("#", minutes) : shown.dataset.last;
  if (words === shown.textContent) return;
  shown.textContent = words;
  if (minutes === 5) document.getElementById("said").textContent = words;
  if (minutes < 0) refresh();
}

if (main) {
  listen();
  count();
  setInterval(count, 5000);
  // Back from the bank's app: phones put the stream to sleep meanwhile.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible" || !("live" in main.dataset)) return;
    refresh();
    if (source?.readyState === EventSource.CLOSED) hush();
    listen();
  });
  window.addEventListener("pagehide", hush);
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    refresh();
    listen();
  });
}
