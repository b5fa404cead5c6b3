"""Having a real engine write the drafts, many at once, and some alone to measure the speed."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from triage.llm.engines import Engine, GenerationRequest
from triage.llm.evaluation.cases import Case
from triage.llm.opened import Opened
from triage.llm.prompts import opening


@dataclass(frozen=True, slots=True)
class Written:
    """A draft. `tokens_per_s` counts from the first token on, `first_token_s` up to it."""

    text: str
    num_tokens: int
    stopped: bool  # by itself, not at the limit
    first_token_s: float
    tokens_per_s: float


async def write(engine: Engine, case: Case, max_tokens: int, predicted: int = 200) -> Written:
    """One draft, to its end. Raises EngineError."""
    grounds = case.grounds
    start = opening(grounds.card, grounds.urgency, grounds.facts)
    opened = Opened(start)
    request = GenerationRequest(
        job_id=f"evaluation-{case.id}",
        messages=case.messages,
        continuation=start,
        urgency=grounds.urgency,
        predicted_tokens=predicted,
        max_tokens=max_tokens,
    )
    text, num_tokens, reason = "", 0, None
    started = first = time.perf_counter()
    async for delta in engine.generate(request):
        if num_tokens == 0 and delta.num_tokens:
            first, num_first = time.perf_counter(), delta.num_tokens
        text += opened.take(delta.text)
        num_tokens += delta.num_tokens
        reason = delta.finish_reason or reason
    passed = time.perf_counter() - first
    rate = (num_tokens - num_first) / passed if num_tokens and passed > 0 else 0.0
    return Written(text, num_tokens, reason == "stop", first - started, rate)


async def write_all(
    engine: Engine, cases: Sequence[Case], *, max_tokens: int, at_once: int
) -> list[Written]:
    """Every draft, in the cases' order, at most `at_once` in the engine."""
    room = asyncio.Semaphore(at_once)

    async def one(case: Case) -> Written:
        async with room:
            return await write(engine, case, max_tokens)

    return list(await asyncio.gather(*(one(case) for case in cases)))


async def write_alone(engine: Engine, cases: Sequence[Case], *, max_tokens: int) -> list[Written]:
    """One after another: what a single request gets of this machine."""
    return [await write(engine, case, max_tokens) for case in cases]
