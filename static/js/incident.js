// One incident: the draft grows as it is written; the rest is fetched anew when it changes.

import { Live, showSystem } from "./socket.js";
import { DraftText } from "./draft.js";

const page = document.getElementById("incident");
const id = page.dataset.incident;
const shownText = document.getElementById("draft-text");
const status = document.getElementById("draft-status");
let revision = Number(page.dataset.revision);
let draftState = "";
let shown = "";

const draft = new DraftText(() => live.send({ type: "resync", incident_id: id }));
const live = new Live(onEvent);
live.subscribe({ type: "subscribe.incident", incident_id: id });
live.subscribe({ type: "subscribe.board" }); // for the model's state in the bar

async function onEvent(event) {
  if (event.system) showSystem(event.system);
  if (event.type === "incident.changed" && event.incident.id === id) changed(event.incident);
  if (event.incident_id !== id) return;
  if (event.type === "draft.snapshot") draft.snapshot(event);
  else if (event.type === "draft.delta") draft.delta(event);
  else if (event.type === "draft.final") await draft.final(event);
  paint();
}

function paint() {
  const pieces = draft.pieces();
  const look = JSON.stringify(pieces);
  if (look !== shown) {
    shown = look;
    shownText.replaceChildren(...pieces.map(node));
  }
  shownText.dataset.draft = draft.id;
  shownText.dataset.writing = String(draft.status === "running");
  if (draft.status) {
    status.dataset.state = draft.status;
    status.textContent = { running: "writing …", done: "complete", queued: "in the queue" }[draft.status] ?? draft.status;
  }
}

// A sentence that the draft guard doubts is marked, with the reason beside it.
function node(piece) {
  if (!piece.reasons.length) return document.createTextNode(piece.text);
  const mark = document.createElement("mark");
  mark.className = "doubt";
  mark.dataset.reason = piece.reasons.join("; ");
  mark.textContent = piece.text;
  return mark;
}

function changed(row) {
  const state = row.draft ? `${row.draft.id} ${row.draft.status} ${row.draft.review}` : "";
  if (row.draft) {
    const { num_tokens: written, num_preemptions: preempted, predicted_tokens: expected } = row.draft;
    document.getElementById("draft-tokens").textContent =
      (written ? `${written} tokens of about ${expected}` : `about ${expected} tokens expected`) +
      (preempted ? ` · gave way ${preempted} times to more urgent ones` : "");
  }
  if (row.revision <= revision && state === draftState) return;
  revision = Math.max(revision, row.revision);
  draftState = state;
  refresh();
}

async function refresh() {
  const fields = page.querySelectorAll("#details input:not([type=hidden]), #details textarea");
  if ([...fields].some((field) => field === document.activeElement || field.value !== field.defaultValue)) {
    return; // never take away what somebody is typing
  }
  const answer = await fetch(page.dataset.details, { headers: { Accept: "text/html" } });
  if (answer.ok) document.getElementById("details").innerHTML = await answer.text();
}
