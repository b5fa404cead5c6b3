"""The worker: claims drafts while there is room, writes them, keeps their leases."""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import uuid
from collections.abc import Coroutine, Iterator
from typing import Any

from triage.actions import drafts, sweep, workers
from triage.config.env import Env
from triage.llm.engines import Engine, EngineDead, EngineError
from triage.llm.worker import hints
from triage.llm.worker.database import Database, DatabaseAway
from triage.llm.worker.flusher import Flusher, Stream
from triage.llm.worker.keeper import EngineKeeper
from triage.llm.worker.listener import Listener
from triage.llm.worker.loops import every
from triage.llm.worker.writer import Running, Writer
from triage.models import Draft

log = logging.getLogger(__name__)

REPORT_INTERVAL_S = 1.0
HEARTBEAT_INTERVAL_S = 1.0
LAST_WRITES_S = 5.0  # beyond the draining: for the last texts to be stored
# Room beyond the common limit, in multiples of the engine's slots, for drafts at least this
# urgent: however many less urgent ones are in the engine, these still get there, and there
# the scheduler takes a slot for them.
HEADROOM = {4: 0, 3: 1, 2: 2, 1: 8}


def worker_name() -> str:
    """Unique among all workers, at any time: a restarted one is another owner."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(3)}"


class LlmWorker:
    """One engine and the drafts it is writing. `run` returns once `stop` was called.

    `may_start`: the engine's start waits for it.
    """

    def __init__(
        self, engine: Engine, env: Env, *, name: str = "", may_start: asyncio.Event | None = None
    ) -> None:
        self.name = name or worker_name()
        self._env = env
        self._running: dict[uuid.UUID, Running] = {}
        self._database = Database("drafts")
        self._chores = Database("chores")  # sweeps and reports, never in a draft's way
        self._flusher = Flusher(self._database, self.name, env.flush_interval_s, self._lost)
        self._writer = Writer(engine, self._database, self._flusher, self.name, env.llm_max_tokens)
        self._engine = engine
        self._keeper = EngineKeeper(engine, self._state_changed, may_start)
        self._listener = Listener(engine, self._chores, self._keeper.report_death)
        self._wake = asyncio.Event()
        self._report_now = asyncio.Event()
        self._stopping = asyncio.Event()
        self._published: dict[str, Any] = {}
        self._spawned: set[asyncio.Task[None]] = set()  # keeps the tasks alive until done

    def stop(self) -> None:
        """Claim nothing more, finish or hand back what is running, then end."""
        self._stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Work until stopped."""
        log.info("Worker %s started", self.name)
        loops = [
            asyncio.create_task(loop, name=name)
            for name, loop in {
                "engine": self._keeper.run(),
                "hints": hints.listen(self._hint),
                "flush": self._flusher.run(),
                "claim": every(self._env.poll_interval_s, self._claim, self._wake),
                "heartbeat": every(HEARTBEAT_INTERVAL_S, self._heartbeat),
                "report": every(REPORT_INTERVAL_S, self._report, self._report_now),
                "sweep": every(self._env.sweep_interval_s, self._sweep),
                **self._optional_loops(),
            }.items()
        ]
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            done, _ = await asyncio.wait([stopping, *loops], return_when=asyncio.FIRST_COMPLETED)
            for ended in done - {stopping}:  # a loop never ends but by an error of ours
                ended.result()
            with contextlib.suppress(TimeoutError):  # the leases end by themselves
                async with asyncio.timeout(self._env.llm_drain_s + LAST_WRITES_S):
                    await self._drain()
        finally:
            await self._close([stopping, *loops])

    def _optional_loops(self) -> dict[str, Coroutine[Any, Any, None]]:
        return (
            {"listen": every(self._env.poll_interval_s, self._listen)}
            if self._env.llm_voice
            else {}
        )

    async def _close(self, tasks: list[asyncio.Task[Any]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._listener.close()
        await self._engine.stop()
        with contextlib.suppress(DatabaseAway):
            await self._chores.run(workers.leave, self.name)
        await self._chores.close()
        await self._database.close()
        log.info("Worker %s stopped", self.name)

    # Claiming

    async def _claim(self) -> None:
        if self._stopping.is_set():
            return
        if self._keeper.hopeless:
            await self._refuse()
        if not self._keeper.ready:
            return
        for max_urgency, room in self._rooms():
            claimed = await self._database.run(
                drafts.claim, self.name, room, max_urgency=max_urgency
            )
            for draft in claimed:
                self._start(draft)
            if len(claimed) < room:
                return

    def _rooms(self) -> Iterator[tuple[int, int]]:
        for max_urgency, slots in HEADROOM.items():
            limit = self._env.llm_inflight + slots * self._env.llm_slots
            room = limit - len(self._running)
            if room > 0:
                yield max_urgency, room

    async def _refuse(self) -> None:
        """Without any engine that could ever start, say so instead of letting people wait."""
        if await self._database.run(workers.others_may_write, self.name):
            return
        for draft in await self._database.run(drafts.claim, self.name, 100):
            reason = f"No draft can be written: {self._keeper.detail}"
            await self._database.insist(drafts.fail, draft, self.name, reason, permanent=True)

    def _start(self, draft: Draft) -> None:
        running = Running(draft, self._flusher.open(draft), draft.urgency)
        self._running[draft.pk] = running
        running.task = asyncio.create_task(self._write(running), name=f"draft-{draft.pk}")

    async def _write(self, running: Running) -> None:
        try:
            await self._writer.write(running)
        except EngineDead as error:
            self._keeper.report_death(error)
        finally:
            if not running.kept:
                self._flusher.close(running.stream)
            self._running.pop(running.draft.pk, None)
            self._wake.set()

    # Leases and urgency

    async def _heartbeat(self) -> None:
        before = list(self._running.values())
        held = await self._database.run(drafts.heartbeat, self.name)
        for running in before:
            urgency = held.get(running.draft.pk)
            if urgency is not None:
                running.rekey(urgency)
            elif not running.ending:
                self._lost(running.stream)
        await self._tell_engine()

    async def _tell_engine(self) -> None:
        for running in list(self._running.values()):
            if running.tell > 0 and self._keeper.ready:
                running.tell -= 1
                try:
                    await self._engine.retriage(
                        str(running.draft.pk), running.urgency, running.remaining_tokens
                    )
                except EngineError as error:
                    log.warning("The engine was not told a new urgency: %s", error.reason)

    def _lost(self, stream: Stream) -> None:
        """The draft is somebody else's now, or nobody's: write no more of it."""
        running = self._running.get(stream.draft.pk)
        if running is not None and running.stream is stream and running.task is not None:
            stream.lost = True
            if not running.ending:
                running.task.cancel()

    def _hint(self, message: dict[str, Any]) -> None:
        kind = message.get("type")
        if kind == "queue.changed":
            self._wake.set()
            return
        running = self._running.get(uuid.UUID(str(message.get("draft_id"))))
        if running is None:
            return
        if kind == "draft.rekeyed":
            running.rekey(int(message["urgency"]))
            self._spawn(self._tell_engine())
        elif kind == "draft.cancelled":
            self._lost(running.stream)

    # Chores

    def _state_changed(self) -> None:
        self._report_now.set()
        self._wake.set()

    async def _report(self) -> None:
        stats = await self._keeper.stats() | {"inflight": len(self._running)}
        await self._chores.run(
            workers.report,
            self.name,
            host=socket.gethostname(),
            pid=os.getpid(),
            state=self._keeper.state.value,
            detail=self._keeper.detail,
            model=self._engine.model,
            stats=stats,
        )
        self._published = await self._chores.run(workers.publish_if_changed, self._published)

    async def _sweep(self) -> None:
        await self._chores.run(sweep.sweep)

    async def _listen(self) -> None:
        if self._keeper.ready and not self._stopping.is_set():
            await self._listener.step()

    # The end

    async def _drain(self) -> None:
        """Let the drafts that are being written end, for a bounded time; hand back the rest."""
        log.info("Stopping: %d drafts in hand", len(self._running))
        in_hand = list(self._running.values())
        await asyncio.gather(*(self._hand_back(r) for r in in_hand if not r.started))
        tasks = [r.task for r in self._running.values() if r.task]
        if tasks:
            await asyncio.wait(tasks, timeout=self._env.llm_drain_s)
        await asyncio.gather(*(self._hand_back(r) for r in list(self._running.values())))

    async def _hand_back(self, running: Running) -> None:
        """Queue a draft again with all its text; the next worker goes on from there."""
        assert running.task is not None
        if not running.ending:
            running.kept = True
            running.task.cancel()
        await asyncio.wait([running.task])
        if running.kept:
            await self._flusher.drain(running.stream)
            self._flusher.close(running.stream)
            await self._database.insist(drafts.hand_back, running.draft, self.name)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._spawned.add(task)
        task.add_done_callback(self._spawned.discard)
