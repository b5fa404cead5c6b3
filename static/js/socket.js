// One websocket for the page: reconnects, notices silence, subscribes again.
// The rules are in docs/websocket.md.

const FIRST_RETRY_MS = 300;
const LONGEST_RETRY_MS = 8000;
const REFUSED = new Set([4401, 4403]);

export class Live {
  constructor(onEvent) {
    this.onEvent = onEvent;
    this.subscriptions = [];
    this.retryMs = FIRST_RETRY_MS;
    this.silenceMs = 40000;
    this.connect();
    setInterval(() => this.checkSilence(), 5000);
  }

  subscribe(event) {
    this.subscriptions.push(event);
    this.send(event);
  }

  send(event) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(event));
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/ws/`);
    this.heardAt = Date.now();
    this.socket.onmessage = (message) => this.hear(JSON.parse(message.data));
    this.socket.onclose = (closed) => this.lost(closed.code);
  }

  hear(event) {
    this.heardAt = Date.now();
    if (event.type === "hello") {
      this.silenceMs = event.heartbeat_s * 2500;
      this.retryMs = FIRST_RETRY_MS;
      showLink("live", "Live");
      for (const subscription of this.subscriptions) this.send(subscription);
    }
    this.onEvent(event);
  }

  lost(code) {
    if (REFUSED.has(code)) {
      showLink("lost", "Logged out");
      location.assign("/login/?next=" + encodeURIComponent(location.pathname));
      return;
    }
    showLink("lost", "Connection lost, trying again …");
    setTimeout(() => this.connect(), this.retryMs * (0.5 + Math.random()));
    this.retryMs = Math.min(LONGEST_RETRY_MS, this.retryMs * 2);
  }

  checkSilence() {
    const open = this.socket.readyState === WebSocket.OPEN;
    if (open && Date.now() - this.heardAt > this.silenceMs) this.socket.close();
  }
}

export function showLink(state, text) {
  const pill = document.getElementById("link-state");
  pill.dataset.state = state;
  pill.textContent = text;
}

export function showSystem(system) {
  const names = { ready: "Model ready", starting: "Model loading …", down: "Model down" };
  const pill = document.getElementById("engine-state");
  pill.dataset.state = system.engine;
  pill.textContent = names[system.engine] ?? system.engine;
  pill.title = [system.engine_model, system.engine_detail].filter(Boolean).join(" · ");
}

export function announce(text) {
  document.getElementById("announcer").textContent = text;
}
