"""Keeping the engine up: started, watched, and started again when it dies."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from triage.llm.engines import Engine, EngineDead, EngineError
from triage.llm.worker.loops import wait_at_most
from triage.models import Worker

log = logging.getLogger(__name__)

State = Worker.EngineState
CHECK_INTERVAL_S = 1.0
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
UNEXPECTED = "The engine did not start for a reason nobody foresaw; it is in the worker's log."
PROVEN_AFTER_S = 60.0  # an engine that ran this long is started again without a pause


class EngineKeeper:
    """Runs one engine. `on_change` is called after every change of state."""

    def __init__(
        self,
        engine: Engine,
        on_change: Callable[[], None],
        may_start: asyncio.Event | None = None,
    ) -> None:
        self.engine = engine
        self.state = State.STARTING
        self.detail = ""
        self.hopeless = False  # it cannot start before somebody changes something
        self._on_change = on_change
        self._may_start = may_start
        self._died = asyncio.Event()

    @property
    def ready(self) -> bool:
        return self.state == State.READY

    def report_death(self, error: EngineDead) -> None:
        """A request found the engine dead; it is started again."""
        self.detail = error.reason
        self._died.set()

    async def run(self) -> None:
        """Keep the engine up until cancelled."""
        if self._may_start is not None:
            await self._may_start.wait()
        pause_s = FIRST_PAUSE_S
        while True:
            started_s = time.monotonic()
            await self._start_and_watch()
            await self._stop_engine()
            if time.monotonic() - started_s > PROVEN_AFTER_S:
                pause_s = FIRST_PAUSE_S
            log.warning("The engine is started again in %.0f s", pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def stats(self) -> dict[str, Any]:
        """The engine's counters; empty while it is not ready."""
        return await self.engine.stats() if self.ready else {}

    async def _start_and_watch(self) -> None:
        if not self.hopeless:  # else the reason stays on the screen while it is tried again
            self._change(State.STARTING, "")
        self._died.clear()
        started_s = time.monotonic()
        try:
            await self.engine.start()
        except EngineError as error:
            log.error("The engine did not start: %s", error.reason)
            self.hopeless = error.permanent
            self._change(State.DOWN, error.reason)
            return
        except Exception:  # a bug of ours or of the engine's: the worker lives and tries again
            log.exception("The engine did not start")
            self._change(State.DOWN, UNEXPECTED)
            return
        self.hopeless = False
        log.info("The engine is ready: %s, %.1f s", self.engine.model,
                 time.monotonic() - started_s)  # fmt: skip
        self._change(State.READY, "")
        while not self._died.is_set() and await self.engine.healthy():
            await wait_at_most(self._died, CHECK_INTERVAL_S)
        reason = self.detail or "The engine stopped answering."
        log.error("The engine died: %s", reason)
        self._change(State.DOWN, reason)

    async def _stop_engine(self) -> None:
        try:
            await self.engine.stop()
        except Exception:
            log.exception("The dead engine could not be stopped cleanly")

    def _change(self, state: State, detail: str) -> None:
        self.state, self.detail = state, detail
        self._on_change()
