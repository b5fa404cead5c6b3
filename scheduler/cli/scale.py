"""Measure the queue at growing lengths, and a whole decision among many."""

import argparse
import json
import random
import statistics
import time
from typing import Any

from scheduler.job import PlainJob
from scheduler.line import WaitingLine, find_victim, protected_jobs
from scheduler.policies import get_policy
from scheduler.queue import IndexedQueue

SAMPLES = 2_000
DECISIONS = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sizes", default="1000,10000,100000,1000000", help="by comma")
    parser.add_argument("--slots", type=int, default=256)
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> None:
    try:
        sizes = [int(size) for size in args.sizes.split(",")]
    except ValueError as error:
        raise ValueError("sizes: whole numbers, separated by commas, are needed") from error
    rows = [_measure(size, args.slots) for size in sizes]
    if args.json:
        print(json.dumps({"sizes": rows}))
        return
    for row in rows:
        print(f"{row['n']:>9} waiting: push {row['push_us']:6.2f} µs  pop {row['pop_us']:6.2f} µs"
              f"  decision {row['decision_us']:7.1f} µs")  # fmt: skip


def _measure(size: int, slots: int) -> dict[str, Any]:
    rng = random.Random(size)
    queue: IndexedQueue[int] = IndexedQueue()
    for name in range(size):
        queue.push(name, (rng.randrange(5), rng.random()), name)
    queue.merge()
    pushes, pops = [], []
    for name in range(size, size + SAMPLES):
        key = (float(rng.randrange(5)), rng.random())
        pushes.append(_timed(lambda name=name, key=key: queue.push(name, key, name)))
    queue.merge()  # what the engine's step hides
    for _ in range(SAMPLES):
        pops.append(_timed(queue.pop))
    return {
        "n": size,
        "push_us": 1e6 * statistics.median(pushes),
        "pop_us": 1e6 * statistics.median(pops),
        "decision_us": _decision_us(size, slots, rng),
    }


def _decision_us(size: int, slots: int, rng: random.Random) -> float:
    """The median of a whole decision with every slot taken: who is next, and who must yield."""
    policy = get_policy("semantic-plus")
    line: WaitingLine[PlainJob] = WaitingLine(policy)
    for name in range(size):
        line.add(_job(name, rng.randint(1, 4), rng))
    line.merge()
    running = [_job(-1 - number, rng.randint(0, 2), rng) for number in range(slots)]

    def decide() -> None:
        protected = protected_jobs(policy, running, 1.0, slots)
        job = line.next(1.0, overdue_running=len(protected), num_slots=slots)
        assert job is not None
        find_victim(policy, job, running, protected=protected)

    return 1e6 * statistics.median(_timed(decide) for _ in range(DECISIONS))


def _job(name: int, urgency: int, rng: random.Random) -> PlainJob:
    return PlainJob(name, urgency, rng.random(), rng.randint(1, 499), rng.randint(1, 499))


def _timed(action: Any) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
