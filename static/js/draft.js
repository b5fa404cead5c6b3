// The draft's text, put together from deltas by their offsets.
// Offsets and lengths count Unicode code points, as the server does.

export class DraftText {
  constructor(askResync) {
    this.askResync = askResync;
    this.id = "";
    this.text = "";
    this.length = 0;
    this.status = "";
    this.flags = []; // [{start, end, text, reason}], code points
  }

  snapshot(event) {
    this.id = event.draft_id;
    this.set(event.text);
    this.status = event.status;
    this.flags = event.flags ?? [];
  }

  // Returns true when the text changed.
  delta(event) {
    if (event.draft_id !== this.id) {
      this.id = event.draft_id;
      this.set("");
      this.flags = [];
    }
    if (event.flags) this.flags = event.flags;
    const end = event.offset + codePoints(event.text);
    if (event.offset === this.length) {
      this.text += event.text;
      this.length = end;
      this.status = "running";
      return true;
    }
    if (end > this.length) this.askResync(); // something is missing: get it whole
    return false; // else seen already
  }

  async final(event) {
    if (event.draft_id !== this.id) return this.askResync();
    this.status = event.status;
    if (event.flags) this.flags = event.flags;
    const known = event.sha256 && (await digest(this.text));
    if (event.length !== this.length || (known && known !== event.sha256)) this.askResync();
  }

  // The text in pieces, [{text, reasons}]: what the draft guard doubts stands alone.
  pieces() {
    const points = Array.from(this.text);
    const reasons = new Map(); // "start end" -> what is wrong there
    for (const flag of this.flags) {
      if (flag.end <= flag.start || flag.end > points.length) continue;
      const key = `${flag.start} ${flag.end}`;
      reasons.set(key, [...(reasons.get(key) ?? []), flag.reason]);
    }
    const found = [];
    let at = 0;
    for (const [key, why] of [...reasons].sort(([a], [b]) => parseInt(a) - parseInt(b))) {
      const [start, end] = key.split(" ").map(Number);
      if (start < at) continue;
      found.push({ text: points.slice(at, start).join(""), reasons: [] });
      found.push({ text: points.slice(start, end).join(""), reasons: why });
      at = end;
    }
    found.push({ text: points.slice(at).join(""), reasons: [] });
    return found.filter((piece) => piece.text);
  }

  set(text) {
    this.text = text;
    this.length = codePoints(text);
  }
}

function codePoints(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

async function digest(text) {
  if (!globalThis.crypto?.subtle) return ""; // plain http on another host: length alone is checked
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
