// Keeps the page as it is in the store, without a reload: where something changed, the page is fetched again and what
// differs is put in its place. No answer to a form has it: what a form was told is not at its address.
// Without this script everything works, too, by reload.
const live = document.getElementById("live");
/** The version of what the page shows; on a page that shows no alerts, of what there was when it was opened. */
let known = live.dataset.version || undefined;
let due;
/** All open pages take turns for so long; ms. */
let turns = 700;

const source = new EventSource("/api/stream");
source.addEventListener("open", () => say("live"));
source.addEventListener("error", ({ data }) => {
  if (data !== undefined) return;
  if (source.readyState !== EventSource.CLOSED) return say("not connected; trying again");
  // Nothing is pushed from there.
  say("reloads every 30 s");
  setInterval(plan, 30_000);
});
for (const kind of ["open", "changed", "beat"]) {
  source.addEventListener(kind, ({ data }) => {
    if (data === undefined) return;
    const { version, within } = JSON.parse(data);
    const isNew = known !== undefined && known !== version;
    known = version;
    turns = within;
    // How long ago things were, and what no list of alerts shows, goes on meanwhile.
    if (isNew || kind === "beat") plan();
  });
}
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && due === "hidden") plan();
});

function say(text) {
  live.textContent = text;
}

/** Not all pages at the same moment, and none that nobody looks at. */
function plan() {
  if (document.hidden) {
    due = "hidden";
    return;
  }
  if (due === "soon") return;
  due = "soon";
  setTimeout(refresh, Math.random() * turns);
}

async function refresh() {
  due = undefined;
  // A form that somebody fills in stays as it is, also while they look elsewhere.
  const busy = document.activeElement?.closest("main form");
  const asked = [...document.querySelectorAll('main form[method="post"] :is(input, select)')];
  if ((busy && !busy.matches(".quick")) || asked.some(isChanged)) {
    say("paused: a form is being filled in");
    setTimeout(plan, 3_000);
    return;
  }
  if (source.readyState === EventSource.OPEN) say("live");
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.title = page.title;
    replace(document.querySelector("main"), page.querySelector("main"));
  } catch {
    // The stream says when the server is there again.
  }
}

/** Whether somebody has typed or chosen something there. */
function isChanged(field) {
  if (field.tagName === "INPUT") return field.value !== field.defaultValue;
  const first = [...field.options].findIndex(({ defaultSelected }) => defaultSelected);
  return field.selectedIndex !== (field.options.length === 0 ? -1 : Math.max(first, 0));
}

/** Puts the new page in place, and into it what somebody wants to search for; the focus stays where it was. */
function replace(main, next) {
  const focused = document.activeElement;
  const key = main.contains(focused) ? keyOf(focused) : undefined;
  const typed = [...main.querySelectorAll("input, select")].filter(isChanged).map((one) => [keyOf(one), one.value]);
  main.replaceChildren(...next.childNodes);
  const find = (wanted) =>
    [...main.querySelectorAll("a, button, input, select, [tabindex]")].find((one) => keyOf(one) === wanted);
  for (const [field, value] of typed) {
    const there = find(field);
    if (there) there.value = value;
  }
  if (key !== undefined) find(key)?.focus();
}

function keyOf(element) {
  const place = element.getAttribute("href") ?? element.form?.getAttribute("action") ?? element.getAttribute("aria-label") ?? "";
  return `${element.tagName} ${place} ${element.getAttribute("name") ?? ""}`;
}
