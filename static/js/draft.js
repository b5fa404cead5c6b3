// The draft's text, put together from deltas by their offsets.
// Offsets and lengths count Unicode code points, as the server does.

export class DraftText {
  constructor(askResync) {
    this.askResync = askResync;
    this.id = "";
    this.text = "";
    this.length = 0;
    this.status = "";
  }

  snapshot(event) {
    this.id = event.draft_id;
    this.set(event.text);
    this.status = event.status;
  }

  // Returns true when the text changed.
  delta(event) {
    if (event.draft_id !== this.id) {
      this.id = event.draft_id;
      this.set("");
    }
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
    const known = event.sha256 && (await digest(this.text));
    if (event.length !== this.length || (known && known !== event.sha256)) this.askResync();
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
