// The workspace by keyboard: arrows show the next row beside the list, "/" goes to the search, opened forms take the
// focus. Each row is a link and each act a form, so that nothing here is needed.

const search = document.querySelector("[data-search]");

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.target.closest("textarea, select, input")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "/" && search) {
    event.preventDefault();
    search.focus();
    search.select();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const rows = [...document.querySelectorAll("[data-row]")];
  const to = rows[rows.findIndex((row) => row.closest("[aria-current]")) + step];
  if (!step || !to || event.target.closest(".side-detail")) return;
  event.preventDefault();
  show(to);
});

async function show(row) {
  const answer = await fetch(row.href).catch(() => null);
  const place = document.querySelector("[data-swap]");
  const fresh = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  const taken = fresh && fresh.querySelector("[data-swap]");
  if (!taken) return location.assign(row.href);
  place.replaceWith(taken);
  history.replaceState(null, "", row.href);
  taken.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  document.querySelector("[data-said]").textContent = taken.querySelector("[data-heard]")?.textContent ?? "";
}

document.addEventListener("click", (event) => {
  const folded = event.target.closest("summary")?.parentElement;
  if (!folded || folded.open) return;
  event.preventDefault(); // opened here, so that what is typed next goes into its first field
  folded.open = true;
  folded.querySelector("input:not([type=hidden]), textarea, select")?.focus();
});

for (const drop of document.querySelectorAll("[data-drop]")) {
  const over = (shown) => (event) => {
    event.preventDefault();
    drop.classList.toggle("over", shown);
  };
  drop.addEventListener("dragover", over(true));
  drop.addEventListener("dragleave", over(false));
  drop.addEventListener("drop", (event) => {
    over(false)(event);
    if (event.dataTransfer.files.length) drop.querySelector("input[type=file]").files = event.dataTransfer.files;
  });
}
