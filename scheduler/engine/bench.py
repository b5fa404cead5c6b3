"""The same load on the real engine under each policy, stock ones beside ours.

Engines of all policies stay up and take turns, so that a slow minute of the machine hits all
alike; with `one_at_a_time` (for large models) each is started, measured and ended in turn.
Figures are medians over the repeats; repeat n of every policy sees the load of seed + n.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from scheduler.engine.client import BenchEngine
from scheduler.engine.figures import figures, medians, quantile
from scheduler.engine.load import (
    OUTPUT_TOKENS,
    PROMPT_TOKENS,
    draw_requests,
    longest_context,
    measure_capacity,
    replay,
    replay_alone,
)
from scheduler.engine.model import Model
from scheduler.engine.timing import Timing
from scheduler.sim.workload import Request

BASELINE = "fcfs"
IDLE_REQUESTS = 40
WARM_UP_SEED, CAPACITY_SEED, IDLE_SEED = 900_001, 900_002, 900_003
MIN_MODEL_LEN = 1024


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure. `requests` given: replay exactly these, else draw `count` of them."""

    model: Model
    policies: Sequence[str]
    slots: int = 8
    seed: int = 0
    repeats: int = 3
    count: int = 240
    overload: float = 1.2  # arrivals a second over what the engine can serve
    rate_per_s: float | None = None  # instead of calibrating
    requests: Sequence[Request] | None = None
    one_at_a_time: bool = False


async def run_bench(plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure every policy of the plan. Returns the JSON of `engine-bench`.

    Raises ValueError when a request is too long for the model, or an engine does not start.
    """
    length = _model_len(plan)
    bench = _Bench(plan, length, say)
    try:
        return await bench.run()
    finally:
        bench.stop()


def _model_len(plan: Plan) -> int:
    need = longest_context(plan.requests or ()) + 1
    need = max(need, PROMPT_TOKENS[1] + OUTPUT_TOKENS[1] + 1)
    if need > plan.model.max_positions:
        raise ValueError(
            f"requests: one of {need - 1} tokens is too long for the model "
            f"({plan.model.max_positions})"
        )
    return min(max(MIN_MODEL_LEN, need), plan.model.max_positions)


class _Bench:
    def __init__(self, plan: Plan, model_len: int, say: Callable[[str], None]) -> None:
        self.plan, self.model_len, self.say = plan, model_len, say
        self.engines: dict[str, BenchEngine] = {}
        self.runs: dict[str, list[dict[str, Any]]] = {name: [] for name in plan.policies}
        self.idle_runs: list[list[Timing]] = []
        self.rate_per_s = plan.rate_per_s or 0.0
        self.capacity_per_s = 0.0

    async def run(self) -> dict[str, Any]:
        plan = self.plan
        baseline = await self.engine(BASELINE)
        if plan.requests is None and not self.rate_per_s:
            self.capacity_per_s = await measure_capacity(
                baseline, plan.model, CAPACITY_SEED, plan.slots
            )
            self.rate_per_s = plan.overload * self.capacity_per_s
            self.say(f"capacity {self.capacity_per_s:.2f} requests/s")
        for repeat in range(plan.repeats):
            await self.measure_idle(repeat)
        turns = [(repeat, name) for repeat in range(plan.repeats) for name in plan.policies]
        if plan.one_at_a_time:
            turns.sort(key=lambda turn: plan.policies.index(turn[1]))
        for repeat, name in turns:
            await self.measure(name, repeat)
        return self.result()

    async def engine(self, policy: str) -> BenchEngine:
        """The engine of a policy, started and warmed up when it is not there yet."""
        if policy not in self.engines:
            if self.plan.one_at_a_time:
                self.stop()
            self.say(f"starting the engine for {policy}")
            engine = await BenchEngine.start(
                policy, self.plan.model, slots=self.plan.slots, max_model_len=self.model_len
            )
            self.engines[policy] = engine
            # Long enough for the kernels of the usual batch sizes to be made.
            warm_up = draw_requests(WARM_UP_SEED, 8 * self.plan.slots, math.inf)
            await replay(engine, warm_up, self.plan.model, WARM_UP_SEED)
        return self.engines[policy]

    async def measure_idle(self, repeat: int) -> None:
        seed = IDLE_SEED + repeat
        requests = self.plan.requests or draw_requests(seed, IDLE_REQUESTS, 1.0)
        engine = await self.engine(BASELINE)
        self.idle_runs.append(
            await replay_alone(engine, requests[:IDLE_REQUESTS], self.plan.model, seed)
        )

    async def measure(self, policy: str, repeat: int) -> None:
        plan, seed = self.plan, self.plan.seed + repeat
        engine = await self.engine(policy)
        requests = plan.requests or draw_requests(seed, plan.count, self.rate_per_s)
        before = engine.counters().get("inversion_s", 0.0)
        found = figures(await replay(engine, requests, plan.model, seed))
        if policy not in ("fcfs", "priority"):
            counters = engine.counters()
            found["inversion_s"] = counters.get("inversion_s", 0.0) - before
            found["decision_us"] = counters.get("decision_us_mean", 0.0)
        self.runs[policy].append(found)
        first = found["ttft_s"]["0"]
        self.say(
            f"{policy}, run {repeat + 1}: level 0 first token {first['mean']:.3f} s "
            f"(p99 {first['p99']:.3f}), in the system {found['time_in_system_s']['mean']:.2f} s, "
            f"{found['tokens_per_s']:.0f} tokens/s, {found['preemptions']} preemptions"
        )

    def result(self) -> dict[str, Any]:
        plan = self.plan
        idle = [quantile([t.ttft_s for t in run], 0.99) for run in self.idle_runs]
        return {
            "policies": {name: medians(runs) for name, runs in self.runs.items()},
            "idle": {"ttft_s": {"p99": quantile(idle, 0.5)}},
            "setup": {
                "model": plan.model.name,
                "slots": plan.slots,
                "seed": plan.seed,
                "repeats": plan.repeats,
                "requests": len(plan.requests) if plan.requests else plan.count,
                "rate_per_s": self.rate_per_s,
                "capacity_per_s": self.capacity_per_s,
            },
        }

    def stop(self) -> None:
        while self.engines:
            self.engines.popitem()[1].stop()
