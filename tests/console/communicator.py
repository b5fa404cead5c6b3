"""A websocket client that speaks ASGI to the application, without a server in between."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator


class WebsocketCommunicator(ApplicationCommunicator):
    """Channels has one of its own, but importing it needs the Daphne server."""

    def __init__(self, application: Any, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        scope = {"type": "websocket", "path": path, "query_string": b"", "headers": headers,
                 "subprotocols": []}  # fmt: skip
        super().__init__(application, scope)

    async def connect(self) -> tuple[bool, int | None]:
        """Whether the handshake was accepted, and the close code if not."""
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(timeout=5)
        return answer["type"] == "websocket.accept", answer.get("code")

    async def send_to(self, text_data: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text_data})

    async def send_json_to(self, event: dict[str, Any]) -> None:
        await self.send_to(json.dumps(event))

    async def receive_from(self) -> str:
        event = await self.receive_output(timeout=5)
        assert event["type"] == "websocket.send", event
        return event["text"]

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(timeout=5)
