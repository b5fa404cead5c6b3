"""What the worker asks of an engine."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

Message = dict[str, str]  # {"role": ..., "content": ...}


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One draft to write, or to go on with."""

    job_id: str  # the draft's id; one request per id at a time
    messages: list[Message]
    continuation: str = ""  # what is written already: the answer goes on right behind it
    urgency: int = 4  # 0 immediate … 4 non-urgent
    predicted_tokens: int = 100  # of what is still to be written
    max_tokens: int = 320
    json_schema: dict[str, Any] | None = None  # the answer is JSON that fits it (guided decoding)


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of an answer."""

    text: str
    num_tokens: int  # in this piece
    finish_reason: str | None = None  # set on the last piece: stop | length
    num_preemptions: int = 0  # of this request so far, where the engine tells


class Engine(ABC):
    """Writes many answers at once, the most urgent first."""

    model = ""  # the name shown beside a draft

    @abstractmethod
    async def start(self) -> None:
        """Load the model; the event loop stays free meanwhile. Raises EngineError."""

    @abstractmethod
    def generate(self, request: GenerationRequest) -> AsyncIterator[Delta]:
        """Stream an answer. Closing the iterator, or cancelling its task, ends the request.

        Raises EngineError (`permanent` tells whether to try again), EngineDead or PromptTooLong.
        """

    @abstractmethod
    async def retriage(self, job_id: str, urgency: int, predicted_tokens: int) -> None:
        """Give a running or waiting request its new place. Unknown ids are ignored.

        predicted_tokens: those still to be written, from now on.
        """

    @abstractmethod
    async def healthy(self) -> bool:
        """Whether the engine can write now."""

    @abstractmethod
    async def stats(self) -> dict[str, Any]:
        """Counters of the engine's scheduler, empty when it gives none.

        running, waiting: requests; preemptions_total, slot_preemptions_total: since its start.
        """

    @abstractmethod
    async def stop(self) -> None:
        """Free everything, the processes included. Safe on an engine that is dead."""
