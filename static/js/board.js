// The live board: rows by urgency, then by waiting time.

import { Live, announce, showSystem } from "./socket.js";
import { LEVELS, TARGETS_S, ago, levelBadge, sortLevel } from "./levels.js";

const rows = new Map(); // incident id → row as the server sent it
const elements = new Map(); // incident id → its table row
const shown = new Set([0, 1, 2, 3, 4]);
const body = document.getElementById("rows");

function onEvent(event) {
  if (event.type === "board.snapshot") {
    rows.clear();
    for (const row of event.incidents) rows.set(row.id, row);
    for (const [id, element] of elements) if (!rows.has(id)) drop(id, element);
    for (const row of rows.values()) paint(row, false);
    system(event.system);
    arrange();
  } else if (event.type === "incident.changed") {
    change(event.incident);
  } else if (event.type === "system.changed") {
    system(event.system);
  }
}

function change(row) {
  const known = rows.get(row.id);
  if (known && known.revision > row.revision) return;
  if (row.status === "closed") {
    rows.delete(row.id);
    if (elements.has(row.id)) drop(row.id, elements.get(row.id));
  } else {
    rows.set(row.id, row);
    paint(row);
    if (row.urgency !== null && row.urgency <= 1 && known?.urgency !== row.urgency) {
      announce(`Level ${row.urgency} ${LEVELS[row.urgency][1]}: ${row.message.slice(0, 80)}`);
    }
  }
  arrange();
}

function drop(id, element) {
  element.remove();
  elements.delete(id);
}

function paint(row, fresh = true) {
  let element = elements.get(row.id);
  if (!element) {
    element = document.createElement("tr");
    element.dataset.incident = row.id;
    element.classList.toggle("fresh", fresh);
    setTimeout(() => element.classList.remove("fresh"), 1500);
    elements.set(row.id, element);
  }
  const level = cell("");
  level.append(levelBadge(row.urgency));
  const wait = cell("", "wait");
  const report = cell("", "report");
  const link = document.createElement("a");
  link.href = `/incidents/${row.id}/`;
  link.textContent = row.message;
  report.append(link, notes(row));
  const patient = [row.age_years === null ? "" : `${Number(row.age_years.toFixed(1))} y`, row.sex];
  const replaced = [level, wait, report, cell(patient.filter(Boolean).join(", ")), cell(row.location), cell(draftText(row))];
  const focused = element.contains(document.activeElement);
  element.replaceChildren(...replaced);
  if (focused) link.focus();
  element.dataset.urgency = row.urgency ?? "";
  tickOne(row, wait);
}

function notes(row) {
  const line = document.createElement("p");
  line.className = "flags";
  const flags = [
    row.urgency === null && "level pending",
    row.late && "AI late",
    row.status !== "received" && !row.assessed && "not assessed",
    row.disagreement && "voices disagree",
    row.decided_by_person && "decided by a person",
    ...row.tags,
  ];
  for (const text of flags.filter(Boolean)) {
    const flag = document.createElement("span");
    flag.className = "flag";
    flag.textContent = text;
    line.append(flag);
  }
  const small = document.createElement("span");
  small.textContent = [row.reference, row.complaint.replaceAll("-", " "), row.source].filter(Boolean).join(" · ");
  line.append(small);
  return line;
}

function draftText(row) {
  if (!row.draft) return "–";
  if (row.draft.status !== "done") return row.draft.status;
  return row.draft.review === "pending" ? "to review" : row.draft.review;
}

function cell(text, name = "") {
  const made = document.createElement("td");
  made.textContent = text;
  made.className = name;
  return made;
}

function arrange() {
  const order = [...rows.values()].sort(
    (a, b) => sortLevel(a) - sortLevel(b) || a.received_at.localeCompare(b.received_at),
  );
  order.forEach((row, index) => {
    const element = elements.get(row.id);
    element.hidden = !shown.has(sortLevel(row));
    if (body.children[index] !== element) body.insertBefore(element, body.children[index] ?? null);
  });
  for (const level of LEVELS.keys()) {
    const count = order.filter((row) => sortLevel(row) === level).length;
    document.querySelector(`[data-count="${level}"]`).textContent = count;
  }
  document.getElementById("empty").hidden = order.length > 0;
}

function tickOne(row, wait) {
  const seconds = (Date.now() - Date.parse(row.received_at)) / 1000;
  const open = !row.draft || row.draft.review === "pending";
  wait.textContent = ago(seconds);
  wait.classList.toggle("over", open && row.urgency !== null && row.urgency < 2 && seconds > 60 * TARGETS_S[row.urgency]);
}

function system(state) {
  showSystem(state);
  document.getElementById("figure-running").textContent = state.running;
  document.getElementById("figure-waiting").textContent = state.waiting;
  document.getElementById("figure-preemptions").textContent = state.slot_preemptions_total ?? 0;
  const banner = document.getElementById("engine-banner");
  banner.hidden = state.engine === "ready";
  banner.textContent =
    state.engine === "starting"
      ? "The language model is loading. Levels are given already; drafts begin in a moment."
      : `No drafts at present: ${state.engine_detail || "The language model is down."} Levels are given as usual.`;
}

for (const button of document.querySelectorAll(".level-filter")) {
  button.addEventListener("click", () => {
    const level = Number(button.dataset.level);
    if (!shown.delete(level)) shown.add(level);
    button.ariaPressed = String(shown.has(level));
    arrange();
  });
}

const shortcuts = document.getElementById("shortcuts");
shortcuts.checked = localStorage.getItem("shortcuts") !== "off";
shortcuts.addEventListener("change", () => localStorage.setItem("shortcuts", shortcuts.checked ? "on" : "off"));
document.addEventListener("keydown", (pressed) => {
  const typing = pressed.target.closest("input, textarea, select");
  if (!shortcuts.checked || typing || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return;
  if (pressed.key === "n") location.assign("/incidents/new/");
  if (pressed.key === "j" || pressed.key === "k") move(pressed.key === "j" ? 1 : -1);
});

function move(step) {
  const links = [...body.querySelectorAll("tr:not([hidden]) .report a")];
  const at = links.indexOf(document.activeElement);
  links[Math.max(0, Math.min(links.length - 1, at + step))]?.focus();
}

setInterval(() => {
  for (const [id, element] of elements) tickOne(rows.get(id), element.querySelector(".wait"));
}, 1000);

const live = new Live(onEvent);
live.subscribe({ type: "subscribe.board" });
