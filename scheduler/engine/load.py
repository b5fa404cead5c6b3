"""Load for a real engine: who comes when, with which prompt. The same seed, the same load."""

import asyncio
import math
import random
import time
from collections.abc import Sequence
from dataclasses import replace

from scheduler.engine.client import BenchEngine, Task
from scheduler.engine.model import Model
from scheduler.engine.timing import Timing
from scheduler.job import NUM_LEVELS
from scheduler.sim.workload import Request

PROMPT_TOKENS = (32, 400)  # uniform
OUTPUT_TOKENS = (16, 256)  # uniform
MEAN_OUTPUT_TOKENS = sum(OUTPUT_TOKENS) / 2
LENGTH_ERROR = 0.3  # standard deviation of log(predicted / true)
SPECIAL_TOKENS = 16  # the first ones of a vocabulary, left out of prompts


def draw_requests(
    seed: int, count: int, rate_per_s: float, *, length_error: float = LENGTH_ERROR
) -> list[Request]:
    """Poisson arrivals, five equally frequent levels, predictions with log-normal errors.

    Drawn at random, one level's few dozen requests would be some per cent longer than another's,
    and all of them some per cent off the mean: much beside an overload of 1.2, and beside the
    differences between policies. So of five requests in a row each level has one, the lengths
    of each level are spread evenly over the range, and time is stretched until the tokens asked
    for a second are exactly those of `rate_per_s` requests of the mean length. An infinite rate
    lets all come at once.
    """
    rng = random.Random(seed)
    rounds = -(-count // NUM_LEVELS)
    prompts, outputs = (
        [_spread(rng, *bounds, rounds) for _level in range(NUM_LEVELS)]
        for bounds in (PROMPT_TOKENS, OUTPUT_TOKENS)
    )
    levels = [
        level for _round in range(rounds) for level in rng.sample(range(NUM_LEVELS), NUM_LEVELS)
    ]
    requests: list[Request] = []
    now_s = 0.0
    for number, level in enumerate(levels[:count]):
        output = outputs[level][number // NUM_LEVELS]
        requests.append(
            Request(
                id=number,
                arrival_s=now_s,
                urgency=level,
                prompt_tokens=prompts[level][number // NUM_LEVELS],
                output_tokens=output,
                predicted_output_tokens=max(1, output * rng.lognormvariate(0, length_error)),
            )
        )
        now_s += rng.expovariate(rate_per_s) if math.isfinite(rate_per_s) else 0.0
    if now_s == 0.0:
        return requests
    tokens_per_s = rate_per_s * MEAN_OUTPUT_TOKENS
    stretch = sum(request.output_tokens for request in requests) / tokens_per_s / now_s
    return [replace(request, arrival_s=request.arrival_s * stretch) for request in requests]


def _spread(rng: random.Random, low: int, high: int, count: int) -> list[int]:
    """Whole numbers from `low` to `high`, one from each of `count` equal parts, in any order."""
    share = (high + 1 - low) / count
    numbers = [int(low + share * (place + rng.random())) for place in range(count)]
    rng.shuffle(numbers)
    return numbers


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


async def measure_capacity(engine: BenchEngine, model: Model, seed: int, slots: int) -> float:
    """Requests a second that the engine can serve with every slot taken.

    Measured with the same lengths as the load, all there at once, until the slots run short.
    """
    requests = draw_requests(seed, 10 * slots, math.inf)
    timings = await replay(engine, requests, model, seed)
    starved_s = max(timing.arrival_s + timing.ttft_s for timing in timings)
    moments = sorted(engine.emitted)
    tokens = sum(number for moment, number in moments if moment <= starved_s)
    tokens_per_s = tokens / (starved_s - timings[0].arrival_s)
    return tokens_per_s / MEAN_OUTPUT_TOKENS


def mispredict(requests: Sequence[Request], seed: int, length_error: float) -> list[Request]:
    """The same requests with predictions drawn anew around the true lengths."""
    rng = random.Random(seed)
    return [
        replace(
            request,
            predicted_output_tokens=max(
                1, request.output_tokens * rng.lognormvariate(0, length_error)
            ),
        )
        for request in requests
    ]


def longest_context(requests: Sequence[Request]) -> int:
    """The largest number of tokens that one of the requests comes to."""
    return max((request.prompt_tokens + request.output_tokens for request in requests), default=1)
