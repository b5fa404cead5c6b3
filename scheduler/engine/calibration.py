"""Measure a real engine and fit the simulator's cost model to it.

Model (`scheduler.sim.cost`, after arXiv 2506.12204): prefill c1·p² + c2·p seconds for p prompt
tokens, one decode step d1·context + d2 seconds with every slot taken. Least squares on relative
errors, coefficients not below zero. Times are the engine's own, without the client's share.
"""

import asyncio
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from scheduler.engine.client import BenchEngine, Task
from scheduler.engine.load import SPECIAL_TOKENS
from scheduler.engine.model import Model

PREFILL_TOKENS = (16, 32, 64, 128, 256, 384, 512, 768, 1024, 1536)
DECODE_PROMPTS = (16, 128, 256, 512, 768, 1024, 1536)
DECODE_TOKENS = 48
NO_SWAPPING_S = 1.0  # per token: vLLM reads again what it has dropped


@dataclass(frozen=True, slots=True)
class Point:
    """One measured size: `tokens` of prompt, or of context over all slots, and its seconds."""

    tokens: float
    seconds: float


async def calibrate(
    engine: BenchEngine,
    model: Model,
    *,
    slots: int,
    max_model_len: int,
    samples: int,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Measure and fit. Returns the fields of a CostModel, the points, and how well they fit."""
    rng = random.Random(0)

    def prompt(num_tokens: int) -> list[int]:
        return [rng.randrange(SPECIAL_TOKENS, model.vocab_size) for _ in range(num_tokens)]

    prefill: list[Point] = []
    decode: list[Point] = []
    for _ in range(2):  # the first round makes the kernels of each size
        prefill, decode = [], []
        for size in PREFILL_TOKENS:
            if size + 2 > max_model_len:
                break
            prefill.append(await _prefill_point(engine, prompt, size, samples))
            say(f"prefill of {size} tokens: {1000 * prefill[-1].seconds:.1f} ms")
        for size in DECODE_PROMPTS:
            if size + DECODE_TOKENS > max_model_len:
                break
            decode.append(await _decode_point(engine, prompt, size, slots))
            say(f"decode, {slots} at {size} tokens: {1000 * decode[-1].seconds:.1f} ms a step")
    c1, c2 = fit(prefill, lambda tokens: (tokens * tokens, tokens))
    d1, d2 = fit(decode, lambda tokens: (tokens, 1.0))
    kv_tokens, block_tokens = engine.kv_cache()
    return {
        "name": f"{model.name}, {slots} slots",
        "c1": c1, "c2": c2, "d1": d1, "d2": d2,
        "kv_tokens": kv_tokens, "block_tokens": block_tokens,
        "load_s_per_token": NO_SWAPPING_S,
        "measured": {
            "slots": slots,
            "prefill": [{"tokens": point.tokens, "s": point.seconds} for point in prefill],
            "decode": [{"context_tokens": point.tokens, "s": point.seconds} for point in decode],
        },
        "median_relative_error": {
            "prefill": _error(prefill, lambda tokens: c1 * tokens * tokens + c2 * tokens),
            "decode": _error(decode, lambda tokens: d1 * tokens + d2),
        },
    }  # fmt: skip


async def _prefill_point(
    engine: BenchEngine, prompt: Callable[[int], list[int]], size: int, samples: int
) -> Point:
    times = []
    for _ in range(samples):
        timing = await engine.run(Task("calibrate", 2, 2, prompt(size), 2, 2))
        times.append(timing.prefill_s or timing.ttft_s)
    return Point(size, statistics.median(times))


async def _decode_point(
    engine: BenchEngine, prompt: Callable[[int], list[int]], size: int, slots: int
) -> Point:
    tasks = [
        Task("calibrate", 2, 2, prompt(size), DECODE_TOKENS, DECODE_TOKENS) for _ in range(slots)
    ]
    start = len(engine.emitted)
    await asyncio.gather(*(engine.run(task) for task in tasks))
    # Moments at which every slot gave a token: from the last first token to the first end.
    moments = sorted(moment for moment, _ in engine.emitted[start:])
    steps = [moments[at] for at in range(slots - 1, len(moments), slots)]
    gaps = [later - earlier for earlier, later in pairwise(steps[4:-4])]
    return Point(slots * (size + DECODE_TOKENS / 2), statistics.median(gaps))


def fit(
    points: Sequence[Point], terms: Callable[[float], tuple[float, float]]
) -> tuple[float, float]:
    """The two coefficients, not below zero, with the least squared relative errors.

    Raises ValueError when there are fewer than two points.
    """
    if len(points) < 2:
        raise ValueError("calibrate: max-model-len: too small for two sizes")
    rows = [tuple(term / point.seconds for term in terms(point.tokens)) for point in points]
    aa = sum(a * a for a, _ in rows)
    ab = sum(a * b for a, b in rows)
    bb = sum(b * b for _, b in rows)
    a_sum, b_sum = sum(a for a, _ in rows), sum(b for _, b in rows)
    determinant = aa * bb - ab * ab
    if determinant > 0:
        first = (a_sum * bb - b_sum * ab) / determinant
        second = (b_sum * aa - a_sum * ab) / determinant
        if first >= 0 and second >= 0:
            return first, second
        if first < 0:
            return 0.0, b_sum / bb
    return a_sum / aa, 0.0


def _error(points: Sequence[Point], model: Callable[[float], float]) -> float:
    return statistics.median(
        abs(model(point.tokens) - point.seconds) / point.seconds for point in points
    )
