"""An engine that says what a test tells it, for the logic around engines."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from triage.llm.engines.base import Delta, Engine, GenerationRequest


class FakeEngine(Engine):
    """`answer` makes the text of a request, or raises; it is streamed `size` characters a time."""

    model = "fake"

    def __init__(self, answer: Callable[[GenerationRequest], str], size: int = 7) -> None:
        self.requests: list[GenerationRequest] = []
        self._answer = answer
        self._size = size

    async def start(self) -> None:
        return None

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Delta]:
        self.requests.append(request)
        text = self._answer(request)
        for at in range(0, len(text), self._size):
            yield Delta(text[at : at + self._size], 1)
        yield Delta("", 0, "stop")

    async def retriage(self, job_id: str, urgency: int, predicted_tokens: int) -> None:
        return None

    async def healthy(self) -> bool:
        return True

    async def stats(self) -> dict[str, Any]:
        return {}

    async def stop(self) -> None:
        return None
