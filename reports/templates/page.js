"use strict";
// Shows, sorts and filters the devices, a page of them at a time. What is chosen lives in the address
// (#filter=lts&maker=dahua&sort=-last+seen&page=2), so that a view can be bookmarked and sent. Texts of devices become
// text nodes and nothing else.
const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const { columns, words, count } = data;
const table = byId("table"), form = byId("filter"), body = table.tBodies[0];
const headings = [...table.tHead.rows[0].cells];
const keys = headings.map((heading) => heading.dataset.column);
const PRINTED = 1000; // rows on paper
const SEARCHED = ["model", "category", "address", "mac", "made_by", "shown_as", "place", "firmware", "serial", "id"];
const SORTED_BY = { address: null, last_seen: "at" }; // addresses come in their order
const LEVELS = ["confirmed", "probable", "possible", "none"];

const value = (name, row) => {
  const column = columns[name];
  return column.values ? column.values[column.rows[row]] : column.rows[row];
};
const number = (amount) => String(amount).replace(/\B(?=(\d{3})+$)/g, data.thousands);
const say = (key, values = {}) => {
  let text = words[key];
  if (typeof text === "object") text = values.n === 1 ? text.one : text.other;
  return text.replace(/\{(\w+)\}/g, (_, name) => (typeof values[name] === "number" ? number(values[name]) : values[name]));
};
const element = (tag, kind = "", ...inside) => {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  made.append(...inside.filter((part) => part !== "" && part !== null));
  return made;
};

// ---- What is chosen, and in which order

let texts = null; // of each row, in lower case; made when somebody first filters
const searchable = () => (texts ??= Array.from({ length: count }, (_, row) =>
  SEARCHED.map((name) => value(name, row)).join("\n").toLowerCase()));
const ranks = {}; // of each column: the place of each row's value among the different values
let order = null, chosen = [], page = 0, opened = new Set();

function rank(key) {
  if (ranks[key]) return ranks[key];
  const source = key in SORTED_BY ? SORTED_BY[key] : key;
  if (source === null) return (ranks[key] = Int32Array.from(addresses()));
  const rows = Array.from({ length: count }, (_, row) => value(source, row));
  const different = [...new Set(rows)];
  const collator = new Intl.Collator(data.language, { numeric: true, sensitivity: "base" });
  if (key === "confidence") different.sort((a, b) => LEVELS.indexOf(a) - LEVELS.indexOf(b));
  else different.sort(source === "at" ? undefined : collator.compare);
  const places = new Map(different.map((one, place) => [one, place]));
  return (ranks[key] = Int32Array.from(rows, (one) => places.get(one)));
}

function addresses() {
  // As numbers: IPv4 first, then the rest as text.
  const key = (row) => {
    const parts = value("address", row).split(".").map(Number);
    return parts.length === 4 && parts.every((part) => part >= 0) ? parts.reduce((sum, part) => sum * 256 + part) : 2 ** 33;
  };
  const found = Array.from({ length: count }, (_, row) => [key(row), value("address", row), row]);
  found.sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : a[2] - b[2]));
  const places = new Array(count);
  found.forEach(([, , row], place) => (places[row] = place));
  return places;
}

function choose() {
  const wanted = Object.fromEntries(new FormData(form));
  const needles = (wanted.filter ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const all = needles.length ? searchable() : null;
  const exact = ["maker", "confidence", "site", "state"].filter((name) => wanted[name]);
  chosen = [];
  for (const row of order ?? Array(count).keys()) {
    if (
      exact.every((name) => value(name, row) === wanted[name]) &&
      (!("relabelled" in wanted) || value("relabelled", row)) &&
      (!("conflict" in wanted) || value("conflict", row)) &&
      needles.every((needle) => all[row].includes(needle))
    ) chosen.push(row);
  }
}

function sort(column, down) {
  for (const heading of headings) heading.removeAttribute("aria-sort");
  order = null;
  if (column < 0) return;
  headings[column].setAttribute("aria-sort", down ? "descending" : "ascending");
  const by = rank(keys[column]), way = down ? -1 : 1;
  order = Array.from({ length: count }, (_, row) => row).sort((a, b) => way * (by[a] - by[b]) || a - b);
}

// ---- What is shown

const size = () => Number(byId("per-page").value);

function show() {
  const rows = size(), pages = Math.max(1, Math.ceil(chosen.length / rows));
  page = Math.min(Math.max(page, 0), pages - 1);
  body.replaceChildren(...chosen.slice(page * rows, (page + 1) * rows).flatMap(rowsOf));
  const whole = chosen.length === count;
  byId("shown").textContent = whole ? say("devices", { n: count }) : say("table.shown", { n: chosen.length, all: count });
  byId("empty").hidden = chosen.length > 0;
  table.hidden = chosen.length === 0;
  byId("pages").hidden = chosen.length <= 50;
  byId("at").textContent = say("table.at", {
    first: chosen.length ? page * rows + 1 : 0, last: Math.min((page + 1) * rows, chosen.length), n: chosen.length });
  byId("previous").disabled = page === 0;
  byId("next").disabled = page >= pages - 1;
}

const CELLS = {
  model: (row) => [element("b", "", value("model", row)), " ", element("small", "", value("category", row))],
  address: (row) => [
    element("span", "mono", value("address", row)), " ", element("small", "mono", value("mac", row)),
    value("foreign", row) ? element("small", "mark", words.foreign) : ""],
  made_by: (row) => [value("made_by", row)],
  shown_as: (row) => [value("shown_as", row), value("relabelled", row) ? element("small", "mark", words["device.relabelled"]) : ""],
  confidence: (row) => [
    element("span", "confidence " + value("confidence", row), words["confidence." + value("confidence", row)]), " ",
    element("small", "", value("covered", row))],
  place: (row) => [value("place", row)],
  state: (row) => [words["state." + value("state", row)] ?? ""],
  last_seen: (row) => {
    const [day, ...time] = value("last_seen", row).split(" ");
    return [day, " ", element("small", "", time.join(" "))];
  },
};

function rowsOf(row) {
  const line = element("tr", "device " + value("tone", row));
  line.id = "device-" + value("id", row);
  line.setAttribute("role", "row");
  line.append(...keys.map((key, place) => {
    const cell = element("td", key, ...CELLS[key](row));
    cell.setAttribute("role", "cell");
    cell.dataset.label = headings[place].textContent;
    return cell;
  }));
  const button = element("button", "open");
  const proofs = value("proofs", row);
  button.type = "button";
  button.append(proofs < 0 ? "…" : proofs ? say("device.evidence", { n: proofs }) : words["device.no_evidence"]);
  button.setAttribute("aria-label", say("table.show", { device: value("address", row) + " " + value("model", row) }));
  button.addEventListener("click", () => toggle(row, line, button));
  line.cells[0].append(button);
  if (value("conflict", row)) line.cells[0].append(element("small", "mark", words["device.disagrees"]));
  button.setAttribute("aria-expanded", String(opened.has(row)));
  return opened.has(row) ? [line, more(row)] : [line];
}

function toggle(row, line, button) {
  if (opened.delete(row)) line.nextElementSibling.remove();
  else {
    opened.add(row);
    line.after(more(row));
  }
  button.setAttribute("aria-expanded", String(opened.has(row)));
}

let proofs = null; // read when the first is asked for
function more(row) {
  proofs ??= JSON.parse(byId("evidence").textContent);
  const cell = element("td");
  cell.colSpan = keys.length;
  cell.setAttribute("role", "cell");
  const facts = [["headings.serial", "serial"], ["headings.firmware", "firmware"], ["headings.id", "id"]]
    .filter(([, name]) => value(name, row))
    .map(([label, name]) => element("span", "fact", element("span", "", words[label]), " ", value(name, row)));
  cell.append(...value("conflicts", row).map((text) => element("p", "conflict", element("b", "", words["device.disagrees"]), " ", text)));
  cell.append(element("p", "facts", ...facts));
  let list = null, last = "";
  for (const [attribute, said, strength, excerpt, protocol, fingerprint] of (proofs.of[row] ?? []).map((at) => proofs.claims[at])) {
    if (last !== attribute + "\n" + said) {
      last = attribute + "\n" + said;
      list = element("ul", "evidence");
      cell.append(element("h4", "", attribute + " ", element("b", "", said)), list);
    }
    list.append(element("li", "", element("span", "strength", strength), " ", element("code", "", excerpt), " ",
      element("small", "", protocol + " · " + fingerprint)));
  }
  const seen = [say("first_seen", { moment: value("first_seen", row) }), say("last_seen", { moment: value("last_seen", row) }),
    value("look", row), value("policies", row)].filter(Boolean);
  cell.append(element("p", "seen", seen.join(", ")));
  const line = element("tr", "more", cell);
  line.setAttribute("role", "row");
  return line;
}

// ---- The address, and what people do

function remember() {
  const state = new URLSearchParams();
  for (const [name, text] of new FormData(form)) if (text) state.set(name, text);
  const sorted = headings.findIndex((heading) => heading.hasAttribute("aria-sort"));
  if (sorted >= 0) state.set("sort", (headings[sorted].getAttribute("aria-sort") === "descending" ? "-" : "") + keys[sorted]);
  if (page) state.set("page", page + 1);
  history.replaceState(null, "", state.size ? "#" + state : location.pathname + location.search);
}

function followAddress() {
  const anchor = location.hash.slice(1);
  if (anchor.startsWith("device-")) return open(decodeURIComponent(anchor.slice(7)));
  if (anchor && !anchor.includes("=")) return;
  const state = new URLSearchParams(anchor);
  for (const field of form.elements) {
    if (field.type === "checkbox") field.checked = state.has(field.name);
    else field.value = state.get(field.name) ?? "";
  }
  const wanted = state.get("sort") ?? "";
  sort(keys.indexOf(wanted.replace(/^-/, "")), wanted.startsWith("-"));
  page = (Number(state.get("page")) || 1) - 1;
  choose();
  show();
  if (anchor && state.size) byId("devices").scrollIntoView();
}

function open(id) {
  let row = 0;
  while (row < count && value("id", row) !== id) row += 1;
  if (row === count) return;
  form.reset();
  sort(-1);
  choose();
  opened = new Set([row]);
  page = Math.floor(row / size());
  show();
  const line = byId("device-" + id);
  line.scrollIntoView({ block: "center" });
  line.querySelector("button").focus({ preventScroll: true });
}

headings.forEach((heading, column) => {
  const button = element("button", "", ...heading.childNodes);
  button.type = "button";
  button.title = words["table.sort"];
  button.addEventListener("click", () => {
    sort(column, heading.getAttribute("aria-sort") === "ascending");
    page = 0;
    choose(), show(), remember();
  });
  heading.append(button);
});
function turn(by) {
  page += by;
  show();
  remember();
  byId("devices").focus();
}
byId("previous").addEventListener("click", () => turn(-1));
byId("next").addEventListener("click", () => turn(1));
byId("per-page").addEventListener("change", () => ((page = 0), show()));
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", () => ((page = 0), choose(), show(), remember()));
addEventListener("hashchange", followAddress);
addEventListener("beforeprint", () => {
  body.replaceChildren(...chosen.slice(0, PRINTED).flatMap(rowsOf));
  byId("printed").hidden = chosen.length <= PRINTED;
  byId("printed").textContent = say("table.printed", { n: PRINTED });
});
addEventListener("afterprint", () => ((byId("printed").hidden = true), show()));
form.hidden = table.hidden = false;
followAddress();
if (location.hash && !location.hash.includes("=") && !location.hash.startsWith("#device-")) choose(), show();
performance.mark("ready");
