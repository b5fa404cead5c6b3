"""Putting drawn requests to a real engine, with prompts of random tokens."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import replace

from scheduler.engine.client import BenchEngine, Task
from scheduler.engine.model import Model
from scheduler.engine.timing import Timing
from scheduler.sim.workload import Request

SPECIAL_TOKENS = 16  # the first ones of a vocabulary, left out of prompts


def make_task(request: Request, model: Model, seed: int) -> Task:
    """A request with a prompt of random tokens, never the same for two seeds or requests."""
    rng = random.Random(f"{seed}/{request.id}")
    prompt = [rng.randrange(SPECIAL_TOKENS, model.vocab_size) for _ in range(request.prompt_tokens)]
    return Task(
        name=f"{seed}-{request.id}",
        urgency=request.seen_urgency,
        true_urgency=request.urgency,
        prompt_ids=prompt,
        output_tokens=request.output_tokens,
        predicted_output_tokens=request.predicted_output_tokens,
    )


async def replay(
    engine: BenchEngine, requests: Sequence[Request], model: Model, seed: int
) -> list[Timing]:
    """Put the requests to the engine at their moments, whatever it can bear (open loop).

    The first comes at once: a file's clock may have begun hours before it.
    """
    tasks = [make_task(request, model, seed) for request in requests]
    await engine.forget()
    first_s = min((request.arrival_s for request in requests), default=0.0)
    origin = time.monotonic() + 0.05 - first_s

    async def one(request: Request, task: Task) -> Timing:
        due = origin + request.arrival_s
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        return await engine.run(task, due)

    return list(
        await asyncio.gather(
            *(one(request, task) for request, task in zip(requests, tasks, strict=True))
        )
    )


async def replay_alone(
    engine: BenchEngine, requests: Sequence[Request], model: Model, seed: int
) -> list[Timing]:
    """The requests one after the other, each with the engine to itself. Two tokens each."""
    await engine.forget()
    timings: list[Timing] = []
    for request in requests:
        task = make_task(request, model, seed)
        short = replace(task, output_tokens=2, predicted_output_tokens=2)
        due = time.monotonic() + 0.02
        await asyncio.sleep(0.02)
        timings.append(await engine.run(short, due))
    return timings


async def measure_capacity(
    engine: BenchEngine, requests: Sequence[Request], model: Model, seed: int
) -> float:
    """Tokens a second that the engine gives with every slot taken.

    `requests` have the lengths of the load and come all at once; it counts until the last of
    them has begun, as from then on slots run empty.
    """
    timings = await replay(engine, requests, model, seed)
    starved_s = max(timing.arrival_s + timing.ttft_s for timing in timings)
    tokens = sum(number for moment, number in engine.emitted if moment <= starved_s)
    return tokens / (starved_s - timings[0].arrival_s)
