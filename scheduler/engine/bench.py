"""The same load on the real engine under each policy, stock ones beside ours.

Engines of all policies are started first and take turns, so that a slow minute of the machine
hits all alike; with `one_at_a_time` (for large models) each is started, measured and ended in turn.
Figures are medians over the repeats; repeat n of every policy sees the load of seed + n.
"""

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from scheduler.engine.client import STOCK_POLICIES, BenchEngine
from scheduler.engine.draw import DEFAULT_SHAPE, LoadShape, draw_requests, longest_context
from scheduler.engine.figures import figures, medians, quantile, throughput
from scheduler.engine.load import measure_capacity, replay, replay_alone
from scheduler.engine.model import Model
from scheduler.engine.record import Record
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
    count: int = 300
    overload: float = 1.2  # arrivals a second over what the engine can serve
    rate_per_s: float | None = None  # instead of calibrating
    shape: LoadShape = DEFAULT_SHAPE
    requests: Sequence[Request] | None = None
    workload: str = ""  # name of the file they are from
    one_at_a_time: bool = False
    resume: Path | None = None  # file that finished runs are kept in

    def conditions(self) -> dict[str, Any]:
        """What runs must have in common to be compared."""
        return {
            "model": self.model.name,
            "slots": self.slots,
            "seed": self.seed,
            "requests": len(self.requests) if self.requests else self.count,
            "overload": None if self.rate_per_s else self.overload,
            "rate": self.rate_per_s,
            **(asdict(self.shape) if self.requests is None else {}),
            "workload": self.workload,
            "requests_sha256": self._requests_sha256(),
        }

    def _requests_sha256(self) -> str | None:
        """Of the requests given, after mispredicting: a file's name says too little."""
        if self.requests is None:
            return None
        rows = [request.as_json() for request in self.requests]
        return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()

    def load(self, repeat: int, rate_per_s: float) -> Sequence[Request]:
        """The requests of one repeat, the same for every policy."""
        return self.requests or draw_requests(
            self.seed + repeat, self.count, rate_per_s, self.shape
        )

    def warm_up(self) -> list[Request]:
        """Long enough for the kernels of the usual batch sizes to be made."""
        if self.requests is not None:
            return [replace(request, arrival_s=0.0) for request in self.requests[: 8 * self.slots]]
        return draw_requests(WARM_UP_SEED, 8 * self.slots, math.inf, self.shape)

    def capacity_load(self) -> list[Request]:
        """Enough at once to keep every slot taken for a while."""
        return draw_requests(CAPACITY_SEED, 20 * self.slots, math.inf, self.shape)

    def idle_load(self, repeat: int) -> Sequence[Request]:
        """The requests that an idle engine gets one by one."""
        requests = self.requests or draw_requests(
            IDLE_SEED + repeat, IDLE_REQUESTS, 1.0, self.shape
        )
        return requests[:IDLE_REQUESTS]


async def run_bench(plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure every policy of the plan. Returns the JSON of `engine-bench`.

    Raises ValueError when a request is too long for the model, an engine does not start, or
    the file to resume from is not one of this plan.
    """
    bench = _Bench(plan, _model_len(plan), say)
    try:
        return await bench.run()
    finally:
        bench.stop()


def _model_len(plan: Plan) -> int:
    loads: list[Sequence[Request]] = [plan.requests or ()]
    if plan.requests is None:
        loads += [plan.warm_up(), plan.capacity_load()]
        for repeat in range(plan.repeats):
            loads += [plan.load(repeat, 1.0), plan.idle_load(repeat)]
    need = 1 + max(longest_context(requests) for requests in loads)
    if need > plan.model.max_positions:
        raise ValueError(
            f"requests: one of {need - 1} tokens is too long for the model "
            f"({plan.model.max_positions})"
        )
    return min(max(MIN_MODEL_LEN, need), plan.model.max_positions)


def turns(plan: Plan) -> list[tuple[int, str]]:
    """(repeat, policy) in the order of measuring. Every second repeat goes backwards, so that a
    machine that slows down or warms up puts no policy at a disadvantage."""
    if plan.one_at_a_time:
        return [(repeat, name) for name in plan.policies for repeat in range(plan.repeats)]
    return [
        (repeat, name)
        for repeat in range(plan.repeats)
        for name in (plan.policies if repeat % 2 == 0 else plan.policies[::-1])
    ]


class _Bench:
    def __init__(self, plan: Plan, model_len: int, say: Callable[[str], None]) -> None:
        self.plan, self.model_len, self.say = plan, model_len, say
        self.record = Record(plan.resume, plan.conditions())
        self.engines: dict[str, BenchEngine] = {}

    async def run(self) -> dict[str, Any]:
        plan, record = self.plan, self.record
        if not plan.one_at_a_time:  # all before the first run: the later ones find no other machine
            for name in (BASELINE, *plan.policies):
                await self.engine(name)
        if plan.requests is None and "rate" not in record:
            record.add("rate", await self.measure_rate())
        for repeat in range(plan.repeats):
            if f"idle/{repeat}" not in record:
                record.add(f"idle/{repeat}", await self.measure_idle(repeat))
        for repeat, name in turns(plan):
            if f"{name}/{repeat}" not in record:
                record.add(f"{name}/{repeat}", await self.measure(name, repeat))
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
            await replay(engine, self.plan.warm_up(), self.plan.model, WARM_UP_SEED)
        return self.engines[policy]

    async def measure_rate(self) -> dict[str, float]:
        """Arrivals a second, and what the engine can serve (0: not measured)."""
        plan = self.plan
        if plan.rate_per_s:
            return {"rate_per_s": plan.rate_per_s, "capacity_per_s": 0.0}
        engine = await self.engine(BASELINE)
        tokens_per_s = await measure_capacity(
            engine, plan.capacity_load(), plan.model, CAPACITY_SEED
        )
        capacity = tokens_per_s / plan.shape.mean_output_tokens
        self.say(f"capacity {capacity:.2f} requests/s")
        return {"rate_per_s": plan.overload * capacity, "capacity_per_s": capacity}

    async def measure_idle(self, repeat: int) -> float:
        """99th percentile of the first token on an idle engine, seconds."""
        engine = await self.engine(BASELINE)
        requests = self.plan.idle_load(repeat)
        timings = await replay_alone(engine, requests, self.plan.model, IDLE_SEED + repeat)
        return quantile([timing.ttft_s for timing in timings], 0.99)

    async def measure(self, policy: str, repeat: int) -> dict[str, Any]:
        """One run: the figures of the client, and of our scheduler's own counters."""
        plan = self.plan
        engine = await self.engine(policy)
        rate_per_s = self.record["rate"]["rate_per_s"] if plan.requests is None else 0.0
        requests = plan.load(repeat, rate_per_s)
        before = engine.counters()
        timings = await replay(engine, requests, plan.model, plan.seed + repeat)
        found = figures(timings)
        found["tokens_per_s_until_last_arrival"] = throughput(engine.emitted, timings)
        if policy not in STOCK_POLICIES:
            found |= _of_counters(before, await engine.settled_counters())
        first = found["ttft_s"]["0"]
        self.say(
            f"{policy}, run {repeat + 1}: level 0 first token {first['mean']:.3f} s "
            f"(p99 {first['p99']:.3f}), in the system {found['time_in_system_s']['mean']:.2f} s, "
            f"{found['tokens_per_s']:.0f} tokens/s, {found['preemptions']} preemptions"
        )
        return found

    def result(self) -> dict[str, Any]:
        plan, record = self.plan, self.record
        repeats = range(plan.repeats)
        idle = [record[f"idle/{repeat}"] for repeat in repeats]
        rate = record["rate"] if plan.requests is None else {}
        return {
            "policies": {
                name: medians([record[f"{name}/{repeat}"] for repeat in repeats])
                for name in plan.policies
            },
            "idle": {"ttft_s": {"p99": quantile(idle, 0.5)}},
            "setup": {**plan.conditions(), "repeats": plan.repeats, **rate},
        }

    def stop(self) -> None:
        while self.engines:
            self.engines.popitem()[1].stop()


def _of_counters(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What our scheduler counted during a run."""

    def passed(name: str) -> float:
        return float(after.get(name, 0)) - float(before.get(name, 0))

    decisions = max(1.0, passed("decisions_total"))
    return {
        "inversion_s": passed("inversion_s"),
        "decision_us": 1e6 * passed("decision_s_total") / decisions,
        "kv_preemptions": passed("kv_preemptions_total"),
        "reread_tokens": passed("reread_tokens_total"),
        "releases": passed("releases_total"),
        "errors": passed("errors_total"),
    }
