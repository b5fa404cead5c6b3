"""Storing what the engine writes, for all running drafts at once.

A draft's first words are stored at once; what follows is gathered and stored in one
transaction every `interval_s`, so that the number of writes does not grow with the tokens.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Length

from triage.actions import drafts
from triage.llm.worker.database import FIRST_PAUSE_S, LONGEST_PAUSE_S, Database, DatabaseAway
from triage.llm.worker.loops import wait_at_most
from triage.models import Draft

log = logging.getLogger(__name__)


Flags = list[dict[str, object]]


@dataclass(slots=True, eq=False)
class Stream:
    """The text of one running draft: what is stored, and what is still to be."""

    draft: Draft
    stored: int  # code points in the database
    num_tokens: int
    pending: str = ""
    flags: Flags | None = None  # what the guard has against it, until it is stored
    lost: bool = False  # the lease is somebody else's now: write no more

    @property
    def length(self) -> int:
        """Code points altogether."""
        return self.stored + len(self.pending)


class Flusher:
    """Gathers the pieces and stores them. `on_lost` is told of streams that lost their lease."""

    def __init__(
        self,
        database: Database,
        owner: str,
        interval_s: float,
        on_lost: Callable[[Stream], None],
    ) -> None:
        self._database = database
        self._owner = owner
        self._interval_s = interval_s
        self._on_lost = on_lost
        self._streams: set[Stream] = set()
        self._something = asyncio.Event()
        self._at_once = asyncio.Event()
        self._flushed = asyncio.Condition()

    def open(self, draft: Draft) -> Stream:
        """Begin a stream behind the text the draft has already."""
        stream = Stream(draft, stored=len(draft.text), num_tokens=draft.num_tokens)
        self._streams.add(stream)
        return stream

    def close(self, stream: Stream) -> None:
        """Forget a stream, with what was not stored of it."""
        self._streams.discard(stream)

    def add(self, stream: Stream, text: str, num_tokens: int) -> None:
        """Take the next piece. A new draft's first one is stored at once."""
        first = stream.length == 0
        stream.pending += text.replace("\x00", "")  # PostgreSQL stores no NUL
        stream.num_tokens += num_tokens
        if stream.pending:
            self._something.set()
            if first:
                self._at_once.set()

    async def drain(self, stream: Stream) -> None:
        """Return when all of a stream is stored, or its lease is lost."""
        async with self._flushed:
            while stream.pending and not stream.lost:
                self._something.set()
                self._at_once.set()
                await self._flushed.wait()

    async def run(self) -> None:
        """Flush for ever. Through a database outage the text waits here."""
        pause_s = FIRST_PAUSE_S
        while True:
            await self._something.wait()
            await wait_at_most(self._at_once, self._interval_s)
            self._something.clear()
            self._at_once.clear()
            try:
                await self.flush()
                pause_s = FIRST_PAUSE_S
            except DatabaseAway as error:
                log.warning("Text not stored yet, trying again in %.1f s: %s", pause_s, error)
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
                self._something.set()
                self._at_once.set()

    async def flush(self) -> None:
        """Store what is pending now. Raises DatabaseAway with everything still pending."""
        batch = [
            (stream, stream.pending, stream.flags) for stream in self._streams if stream.pending
        ]
        if batch:
            results = await self._database.run(store, self._owner, batch)
            for (stream, text, flags), held in zip(batch, results, strict=True):
                if held:
                    if stream.flags is flags:
                        stream.flags = None
                    stream.stored += len(text)
                    stream.pending = stream.pending[len(text) :]
                elif not stream.lost:
                    stream.lost = True
                    self._on_lost(stream)
        async with self._flushed:
            self._flushed.notify_all()


@transaction.atomic
def store(owner: str, batch: list[tuple[Stream, str, Flags | None]]) -> list[bool]:
    """Append every text to its draft in one transaction. False: the lease was lost."""
    return [_append(owner, *piece) for piece in batch]


def _append(owner: str, stream: Stream, text: str, flags: Flags | None) -> bool:
    if drafts.append_text(stream.draft, owner, stream.stored, text, stream.num_tokens, flags=flags):
        return True
    # A commit whose answer was lost with the connection did store it: then it is there already.
    held = Draft.objects.filter(pk=stream.draft.pk, status=Draft.Status.RUNNING, lease_owner=owner)
    length = held.annotate(length=Length("text")).values_list("length", flat=True).first()
    return length == stream.stored + len(text)
