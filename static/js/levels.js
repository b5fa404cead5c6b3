// The five levels as a person sees them: shape, number, word.

export const LEVELS = [
  ["▲", "Immediate"],
  ["◆", "Emergent"],
  ["■", "Urgent"],
  ["●", "Less urgent"],
  ["○", "Non-urgent"],
];
export const TARGETS_S = [2, 5, 30, 120, 600];
const PENDING_SORTS_AS = 1; // not classified yet: treated as emergent

export function sortLevel(row) {
  return row.urgency ?? Math.min(row.presumed_urgency, PENDING_SORTS_AS);
}

export function levelBadge(urgency) {
  const badge = document.createElement("span");
  const [shape, word] = LEVELS[urgency] ?? ["?", "Level pending"];
  badge.className = `level level-${urgency ?? "none"}`;
  const mark = document.createElement("span");
  mark.ariaHidden = "true";
  mark.textContent = shape;
  badge.append(mark, ` ${urgency ?? ""} ${word}`.replace(/ +/g, " "));
  return badge;
}

export function ago(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
