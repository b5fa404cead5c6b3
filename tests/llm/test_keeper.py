"""The engine's keeper: it starts the engine again, whatever it died of."""

import asyncio
import contextlib

import pytest

from triage.llm.engines import EngineDead, EngineError
from triage.llm.worker import keeper as module
from triage.llm.worker.keeper import EngineKeeper, State


class FaultyEngine:
    """An engine whose starts fail as told, one after another, and then succeed."""

    model = "faulty"

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.num_stops = 0

    async def start(self) -> None:
        if self.failures:
            raise self.failures.pop(0)

    async def healthy(self) -> bool:
        return True

    async def stop(self) -> None:
        self.num_stops += 1


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(module, "LONGEST_PAUSE_S", 0.01)
    monkeypatch.setattr(module, "CHECK_INTERVAL_S", 0.01)


@contextlib.asynccontextmanager
async def kept(engine):
    """A running keeper, with the states it went through."""
    states: list[tuple[str, str]] = []
    keeper = EngineKeeper(engine, lambda: states.append((keeper.state.value, keeper.detail)))
    task = asyncio.create_task(keeper.run())
    try:
        yield keeper, states
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the keeper tells of states, not of events
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("failure", [EngineDead("gone"), RuntimeError("nobody foresaw this")])
async def test_a_start_that_fails_is_tried_again(failure):
    async with kept(FaultyEngine(failure)) as (keeper, states):
        await _until(lambda: keeper.ready)
        assert [state for state, _ in states] == ["starting", "down", "starting", "ready"]
        assert states[1][1]  # it says why


async def test_a_reported_death_starts_it_again():
    engine = FaultyEngine()
    async with kept(engine) as (keeper, states):
        await _until(lambda: keeper.ready)
        keeper.report_death(EngineDead("killed"))
        await _until(lambda: ("down", "killed") in states and keeper.ready)
        assert engine.num_stops == 1


async def test_a_hopeless_one_keeps_its_reason_on_the_screen():
    engine = FaultyEngine(*[EngineError("no model there", permanent=True)] * 3)
    async with kept(engine) as (keeper, _):
        await _until(lambda: len(engine.failures) == 1)
        assert keeper.hopeless
        assert keeper.state == State.DOWN
        assert keeper.detail == "no model there"
        await _until(lambda: keeper.ready and not keeper.hopeless)
