"""One draft, from its claim to its end."""

import asyncio
import logging
from contextlib import aclosing
from dataclasses import dataclass

from triage.actions import drafts
from triage.llm.engines import (
    Engine,
    EngineDead,
    EngineError,
    GenerationRequest,
    PromptTooLong,
)
from triage.llm.opened import Opened
from triage.llm.watch import Watch
from triage.llm.worker.database import Database
from triage.llm.worker.flusher import Flusher, Stream
from triage.llm.worker.prepare import Prepared, find_flags, prepare, shortened
from triage.models import Draft

log = logging.getLogger(__name__)

NO_TEXT = "The language model ended without writing anything. Ask for a new draft."
BROKEN = "An error of the program stopped this draft; it is in the worker's log."
TELL_TIMES = 2  # a change of urgency may overtake the request it is about: told again once


@dataclass(slots=True, eq=False)
class Running:
    """A draft in this worker's hands."""

    draft: Draft
    stream: Stream
    urgency: int  # as it is now in the row
    task: asyncio.Task[None] | None = None
    ending: bool = False  # all text is here; cancelling makes no sense any more
    tell: int = 0  # how many times the engine is still to be told the urgency
    num_preemptions: int = 0
    started: bool = False  # the engine has given it a first token
    kept: bool = False  # its text is still to be stored and the draft handed back

    @property
    def remaining_tokens(self) -> int:
        """Predicted number of tokens still to be written; at least 1."""
        written = self.stream.num_tokens - self.draft.num_tokens
        return max(1, self.draft.predicted_remaining_tokens - written)

    def rekey(self, urgency: int) -> None:
        """Take note of a changed urgency; the worker tells the engine."""
        if urgency != self.urgency:
            self.urgency = urgency
            self.tell = TELL_TIMES


class Writer:
    """Has the engine write drafts and sees them to their end."""

    def __init__(
        self, engine: Engine, database: Database, flusher: Flusher, owner: str, max_tokens: int
    ) -> None:
        self._engine = engine
        self._database = database
        self._flusher = flusher
        self._owner = owner
        self._max_tokens = max_tokens

    async def write(self, running: Running) -> None:
        """Write the rest of a draft, then finish or fail it. Raises EngineDead, after that.

        Cancelled, it ends the engine's request and leaves the row to whoever cancelled.
        """
        draft, stream = running.draft, running.stream
        try:
            prepared = await self._database.insist(prepare, draft, self._engine.model)
            await self._generate(running, prepared)
            running.ending = True
            await self._flusher.drain(stream)
            await self._finish(running, prepared)
        except EngineDead as error:
            await self._fail(running, error)
            raise
        except EngineError as error:
            log.warning("Draft %s: %s", draft.pk, error.reason)
            await self._fail(running, error)
        except Exception:
            log.exception("Draft %s could not be written", draft.pk)
            await self._fail(running, EngineError(BROKEN))

    async def _generate(self, running: Running, prepared: Prepared) -> None:
        while True:
            try:
                await self._stream(running, prepared)
                return
            except PromptTooLong as error:
                prepared = shortened(prepared, error)

    async def _stream(self, running: Running, prepared: Prepared) -> None:
        draft, stream = running.draft, running.stream
        left = self._max_tokens - draft.num_tokens
        if left < 1:  # an earlier worker wrote it all and was stopped before the end
            return
        request = GenerationRequest(
            job_id=str(draft.pk),
            messages=prepared.messages,
            continuation=draft.text or prepared.opening,
            urgency=running.urgency,
            predicted_tokens=running.remaining_tokens,
            max_tokens=left,
        )
        # The opening is shown with the first words of the model: not a moment before it is
        # this draft's turn.
        opened = Opened("" if draft.text else prepared.opening)
        watch = Watch(prepared.grounds, draft.text)
        async with aclosing(self._engine.generate(request)) as deltas:
            async for delta in deltas:
                running.started = True
                running.num_preemptions = delta.num_preemptions
                text = opened.take(delta.text)
                flags = watch.read(text, running.urgency)
                if flags is not None:
                    stream.flags = flags
                self._flusher.add(stream, text, delta.num_tokens)

    async def _finish(self, running: Running, prepared: Prepared) -> None:
        draft, stream = running.draft, running.stream
        if stream.lost:
            return
        if stream.length == 0:
            raise EngineError(NO_TEXT)
        flags = await self._database.insist(find_flags, draft, prepared)
        await self._database.insist(
            drafts.finish,
            draft,
            self._owner,
            flags=flags,
            num_preemptions=draft.num_preemptions + running.num_preemptions,
        )

    async def _fail(self, running: Running, error: EngineError) -> None:
        running.ending = True
        await self._flusher.drain(running.stream)  # what was written is kept and gone on from
        if not running.stream.lost:
            await self._database.insist(
                drafts.fail, running.draft, self._owner, error.reason, permanent=error.permanent
            )
