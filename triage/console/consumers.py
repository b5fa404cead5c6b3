"""The one websocket: board events, draft deltas, resync, heartbeat (docs/websocket.md)."""

import asyncio
import contextlib
import json
import logging
import uuid
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib.auth import get_user

from triage import access, live
from triage.console import snapshots
from triage.models import Source, User

log = logging.getLogger(__name__)

PROTOCOL = 1
HEARTBEAT_S = 15
MAX_WATCHED = 1000
NOT_LOGGED_IN, FORBIDDEN, NO_SUCH_SOCKET = 4401, 4403, 4404


class LiveConsumer(AsyncWebsocketConsumer):
    """One client. Rights are checked at the start, at each subscription and each heartbeat."""

    user: User | None = None
    source: Source | None = None

    async def connect(self) -> None:
        self.watched: set[str] = set()
        self.on_board = False
        self.beating: asyncio.Task[None] | None = None
        await self.accept()
        refusal = await self._identify()
        if refusal:
            await self.close(code=refusal)
            return
        await self._send({"type": "hello", "protocol": PROTOCOL, "heartbeat_s": HEARTBEAT_S})
        self.beating = asyncio.create_task(self._beat())

    async def disconnect(self, code: int) -> None:
        if self.beating:
            self.beating.cancel()
        for incident_id in self.watched:
            await self._leave(live.incident_group(incident_id))
        if self.on_board:
            await self._leave(live.BOARD_GROUP)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            event = json.loads(text_data or "")
            handler = self._HANDLERS[event["type"]]
        except (ValueError, KeyError, TypeError, RecursionError):
            known = ", ".join(self._HANDLERS)
            await self._error(f"Send one JSON object with a type: {known}.")
            return
        try:
            await handler(self, event)
        except Exception:
            log.exception("A websocket request failed")
            await self._error("That did not work; it is logged. Try again in a moment.")

    async def _subscribe_board(self, _event: dict[str, Any]) -> None:
        if self.source is not None and not self.source.may_read_all:
            await self._send(await sync_to_async(snapshots.system)())
            return
        if not self.on_board:
            # First the group, then the snapshot: what changes between them comes twice, not never.
            await self.channel_layer.group_add(live.BOARD_GROUP, self.channel_name)
            self.on_board = True
        await self._send(await sync_to_async(snapshots.board)(self.user, self.source))

    async def _subscribe_incident(self, event: dict[str, Any]) -> None:
        incident_id = await self._visible(event)
        if incident_id is None:
            return
        if len(self.watched) >= MAX_WATCHED:
            await self._error(f"At most {MAX_WATCHED} incidents a connection.")
            return
        if str(incident_id) not in self.watched:
            await self.channel_layer.group_add(live.incident_group(incident_id), self.channel_name)
            self.watched.add(str(incident_id))
        await self._snapshot(incident_id)

    async def _unsubscribe_incident(self, event: dict[str, Any]) -> None:
        incident_id = access.parse_id(event.get("incident_id"))
        if incident_id is not None and str(incident_id) in self.watched:
            self.watched.discard(str(incident_id))
            await self._leave(live.incident_group(incident_id))

    async def _resync(self, event: dict[str, Any]) -> None:
        incident_id = await self._visible(event)
        if incident_id is not None:
            await self._snapshot(incident_id)

    async def _ping(self, _event: dict[str, Any]) -> None:
        await self._send({"type": "pong"})

    _HANDLERS = {
        "subscribe.board": _subscribe_board,
        "subscribe.incident": _subscribe_incident,
        "unsubscribe.incident": _unsubscribe_incident,
        "resync": _resync,
        "ping": _ping,
    }

    # Events of the groups; the channel layer calls these by the event's type.

    async def incident_changed(self, event: dict[str, Any]) -> None:
        await self._send(event)

    async def system_changed(self, event: dict[str, Any]) -> None:
        await self._send(event)

    async def draft_delta(self, event: dict[str, Any]) -> None:
        await self._send(event)

    async def draft_final(self, event: dict[str, Any]) -> None:
        await self._send(event)

    async def _snapshot(self, incident_id: uuid.UUID) -> None:
        for event in await sync_to_async(snapshots.incident)(incident_id):
            await self._send(event)

    async def _visible(self, event: dict[str, Any]) -> uuid.UUID | None:
        incident_id = access.parse_id(event.get("incident_id"))
        if incident_id is not None:
            visible = access.visible_incidents(self.user, self.source).filter(pk=incident_id)
            if await visible.aexists():
                return incident_id
        await self._error("There is no such incident, or it is not yours to see.")
        return None

    async def _identify(self) -> int:
        """Who this is, by token or by session. Returns a close code when refused, else 0."""
        headers = dict(self.scope.get("headers") or [])
        token = access.bearer_token(headers.get(b"authorization", b"").decode("latin-1"))
        if token:
            self.source = await sync_to_async(access.source_of_token)(token)
            return 0 if self.source else NOT_LOGGED_IN
        user = await sync_to_async(self._session_user)()
        if user is None:
            return NOT_LOGGED_IN
        self.user = user
        return 0 if await sync_to_async(user.has_perm)("triage.view_incident") else FORBIDDEN

    def _session_user(self) -> User | None:
        """The session's user, read from the database anew; None after a logout."""
        key = getattr(self.scope.get("session"), "session_key", None)
        session = import_module(settings.SESSION_ENGINE).SessionStore(key) if key else None
        if session is None or not session.exists(key):
            return None
        user = get_user(SimpleNamespace(session=session))
        return user if user.is_authenticated and user.is_active else None

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            refusal = await self._identify()
            if refusal:
                await self.close(code=refusal)
                return
            await self._send({"type": "heartbeat"})

    async def _leave(self, group: str) -> None:
        with contextlib.suppress(Exception):  # the layer may be away; the group forgets us
            await self.channel_layer.group_discard(group, self.channel_name)

    async def _error(self, detail: str) -> None:
        await self._send({"type": "error", "detail": detail})

    async def _send(self, event: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(event))


class NoSuchSocket(AsyncWebsocketConsumer):
    """Any other websocket address."""

    async def connect(self) -> None:
        await self.accept()
        await self.close(code=NO_SUCH_SOCKET)
