"use strict";
// Sorts and filters the table of devices. Both live in the address (#filter=lts&maker=dahua&sort=-last+seen), so that
// a view can be bookmarked and sent.
const table = document.getElementById("table");
const form = document.getElementById("filter");
const devices = [...table.tBodies].map((body, place) => ({
  body,
  place,
  text: (body.rows[0].textContent + " " + body.querySelector("summary").textContent).toLowerCase(),
}));
const headings = [...table.tHead.rows[0].cells];
const names = headings.map((heading) => heading.textContent.trim().toLowerCase());
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

function filter() {
  const wanted = new FormData(form);
  const words = wanted.get("filter").toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const { body, text } of devices) {
    const data = body.dataset;
    const fits =
      words.every((word) => text.includes(word)) &&
      (!wanted.get("maker") || data.maker === wanted.get("maker")) &&
      (!wanted.get("confidence") || data.confidence === wanted.get("confidence")) &&
      (!wanted.has("relabelled") || "relabelled" in data) &&
      (!wanted.has("conflict") || "conflict" in data);
    if (body.hidden === fits) body.hidden = !fits;
    shown += fits;
  }
  const all = devices.length.toLocaleString("en");
  document.getElementById("shown").textContent =
    shown === devices.length ? `${all} device${shown === 1 ? "" : "s"}` : `${shown.toLocaleString("en")} of ${all}`;
  document.getElementById("empty").hidden = shown > 0;
}

function remember() {
  const state = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value) state.set(name, value);
  const sorted = headings.findIndex((heading) => heading.ariaSort);
  if (sorted >= 0) state.set("sort", (headings[sorted].ariaSort === "descending" ? "-" : "") + names[sorted]);
  history.replaceState(null, "", state.size ? "#" + state : location.pathname + location.search);
}

function followAddress() {
  const anchor = location.hash.slice(1);
  if (anchor.startsWith("device-")) return open(document.getElementById(anchor));
  if (anchor && !anchor.includes("=")) return;
  const state = new URLSearchParams(anchor);
  for (const field of form.elements) {
    if (field.type === "checkbox") field.checked = state.has(field.name);
    else field.value = state.get(field.name) ?? "";
  }
  filter();
  const sort = state.get("sort") ?? "";
  const column = names.indexOf(sort.replace(/^-/, ""));
  if (column >= 0) sortBy(column, sort.startsWith("-"));
}

function open(body) {
  if (!body) return;
  form.reset();
  filter();
  body.querySelector("details").open = true;
  body.scrollIntoView({ block: "center" });
}

function sortBy(column, down) {
  for (const heading of headings) heading.ariaSort = null;
  headings[column].ariaSort = down ? "descending" : "ascending";
  const key = ({ body }) => body.rows[0].cells[column].dataset.order ?? body.rows[0].cells[column].textContent;
  const sorted = devices.map((device) => [key(device), device]);
  sorted.sort(([a, one], [b, other]) => (down ? -1 : 1) * collator.compare(a, b) || one.place - other.place);
  table.append(...sorted.map(([, { body }]) => body));
}

headings.forEach((heading, column) => {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...heading.childNodes);
  button.addEventListener("click", () => (sortBy(column, heading.ariaSort === "ascending"), remember()));
  heading.append(button);
});
form.hidden = false;
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", () => (filter(), remember()));
addEventListener("hashchange", followAddress);
followAddress();
