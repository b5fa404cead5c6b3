"""Following incidents over the websocket, by the rules of `docs/websocket.md`."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

ENDED = {"done", "failed", "cancelled"}


@dataclass
class Watched:
    """One incident as its watcher sees it. Moments are on the monotonic clock, seconds."""

    incident_id: str
    submitted_s: float = 0.0
    classified_s: float | None = None
    first_text_s: float | None = None
    urgency: int | None = None
    draft_id: str = ""
    text: str = ""
    status: str = ""
    sha256: str = ""
    num_preemptions: int = 0

    @property
    def ended(self) -> bool:
        return self.status in ENDED and bool(self.status != "done" or self.is_whole)

    @property
    def is_whole(self) -> bool:
        return hashlib.sha256(self.text.encode()).hexdigest() == self.sha256


@dataclass
class Follower:
    """Keeps every watched incident up to date from one connection."""

    socket: ClientConnection
    watched: dict[str, Watched] = field(default_factory=dict)
    system: dict[str, Any] = field(default_factory=dict)
    resyncs: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def watch(self, incident_id: str, submitted_s: float) -> None:
        """Begin to follow an incident."""
        self.watched[incident_id] = Watched(incident_id, submitted_s)
        await self._send({"type": "subscribe.incident", "incident_id": incident_id})

    async def run(self) -> None:
        """Read events until the connection closes."""
        async for message in self.socket:
            await self._handle(json.loads(message))
            self.changed.set()

    async def _handle(self, event: dict[str, Any]) -> None:
        kind = event.get("type")
        if kind in ("board.snapshot", "system.changed"):
            self.system = event.get("system", self.system)
        elif kind == "incident.changed":
            self._on_incident(event["incident"])
        elif kind in ("draft.snapshot", "draft.delta", "draft.final"):
            watched = self.watched.get(event["incident_id"])
            if watched:
                await self._on_draft(kind, watched, event)

    def _on_incident(self, row: dict[str, Any]) -> None:
        watched = self.watched.get(row["id"])
        if watched is None:
            return
        watched.urgency = row["urgency"]
        if row["status"] != "received" and watched.classified_s is None:
            watched.classified_s = time.monotonic()
        if row.get("draft"):
            watched.num_preemptions = row["draft"]["num_preemptions"]

    async def _on_draft(self, kind: str, watched: Watched, event: dict[str, Any]) -> None:
        if kind == "draft.delta":
            if watched.draft_id != event["draft_id"]:
                watched.draft_id, watched.text = event["draft_id"], ""
            offset, text = event["offset"], event["text"]
            if offset == len(watched.text):
                watched.text += text
            elif offset + len(text) > len(watched.text):  # a gap: ask for the whole text
                await self._resync(watched)
        elif kind == "draft.snapshot":
            watched.draft_id, watched.text = event["draft_id"], event["text"]
            watched.status, watched.sha256 = event["status"], event.get("sha256", "")
        else:
            watched.status, watched.sha256 = event["status"], event.get("sha256", "")
            if watched.status == "done" and not watched.is_whole:
                await self._resync(watched)
        if watched.text and watched.first_text_s is None:
            watched.first_text_s = time.monotonic()

    async def _resync(self, watched: Watched) -> None:
        self.resyncs += 1
        await self._send({"type": "resync", "incident_id": watched.incident_id})

    async def _send(self, event: dict[str, Any]) -> None:
        await self.socket.send(json.dumps(event))


@asynccontextmanager
async def follower(base_url: str, token: str, *, board: bool = False) -> AsyncIterator[Follower]:
    """Connect and read in the background. Raises OSError or InvalidStatus when that fails."""
    url = base_url.replace("http", "ws", 1).rstrip("/") + "/ws/"
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(url, additional_headers=headers, max_size=2**23) as socket:
        following = Follower(socket)
        if board:
            await socket.send(json.dumps({"type": "subscribe.board"}))
        reading = asyncio.create_task(following.run())
        try:
            yield following
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
