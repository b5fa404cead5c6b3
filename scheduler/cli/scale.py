"""Measure the queue at growing lengths, and a whole decision among many."""

import argparse
import json
import random
import statistics
import time
from typing import Any

from scheduler.cli.parser import whole
from scheduler.job import PlainJob
from scheduler.line import WaitingLine
from scheduler.policies import get_policy
from scheduler.queue import IndexedQueue
from scheduler.scale import DecisionBench

EXAMPLE = "scale --sizes 1000,100000 --slots 128 --json"
SAMPLES = 4_000
DECISIONS = 400


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sizes", default="1000,10000,100000,1000000", metavar="N,N,…",
        help="waiting jobs (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--slots", type=whole(1, 10**5), default=256, help="running jobs")
    parser.add_argument("--policy", default="semantic-plus", metavar="NAME",
                        help="whose keys and decisions (default: %(default)s)")  # fmt: skip
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> None:
    try:
        sizes = [int(size) for size in args.sizes.split(",")]
    except ValueError:
        sizes = []
    if not sizes or not all(0 < size <= 10**8 for size in sizes):
        raise ValueError("sizes: whole numbers above 0, separated by commas, are needed")
    get_policy(args.policy)
    rows = [_measure(size, args.slots, args.policy) for size in sizes]
    if args.json:
        print(json.dumps({"sizes": rows}))
        return
    columns = ("push", "pop", "pop_alone", "merge", "arrive", "decision", "decision_p99")
    print(f"{'waiting':>9}" + "".join(f"{name:>14}" for name in columns))
    for row in rows:
        print(f"{row['n']:>9}" + "".join(f"{row[f'{name}_us']:14.2f}" for name in columns))
    print(
        "µs, medians. pop_alone: many in a row, without merges between them; merge: mean per "
        "arrival, off the critical path; arrive: key, push and wait target; decision: "
        f"{rows[0]['admissions']:.1f} admissions and {rows[0]['preemptions']:.1f} preemptions each"
    )


def _measure(size: int, slots: int, policy_name: str) -> dict[str, Any]:
    """All figures at one length of the queue, in microseconds."""
    rng = random.Random(size)
    policy = get_policy(policy_name)
    queue: IndexedQueue[int] = IndexedQueue()
    for name in range(size):
        queue.push(name, policy.key(_job(name, rng)), name)
    queue.merge()
    pushes, pops, merges, pops_alone = [], [], [], []
    for name in range(size, size + SAMPLES):
        key = policy.key(_job(name, rng))
        started = time.perf_counter()
        queue.push(name, key, name)
        pushes.append(time.perf_counter() - started)
        started = time.perf_counter()
        queue.merge()  # what the engine's step hides
        merges.append(time.perf_counter() - started)
        started = time.perf_counter()
        queue.pop()
        pops.append(time.perf_counter() - started)
    for _ in range(max(1, min(SAMPLES, size // 2))):  # nothing hidden
        started = time.perf_counter()
        queue.pop()
        pops_alone.append(time.perf_counter() - started)
    del queue
    line: WaitingLine[PlainJob] = WaitingLine(policy)
    for name in range(size):
        line.add(_job(name, rng))
    line.merge()
    arrivals = []
    for name in range(size, size + SAMPLES):
        job = _job(name, rng)
        started = time.perf_counter()
        line.add(job)
        arrivals.append(time.perf_counter() - started)
        line.merge()
        line.discard(name)  # the length stays
    decisions = DecisionBench(policy, line, slots, rng).run(DECISIONS)
    return {
        "n": size,
        "push_us": _median_us(pushes),
        "pop_us": _median_us(pops),
        "pop_alone_us": _median_us(pops_alone),
        "merge_us": 1e6 * statistics.fmean(merges),
        "arrive_us": _median_us(arrivals),
        "decision_us": _median_us(decisions.seconds),
        "decision_p99_us": 1e6 * sorted(decisions.seconds)[int(0.99 * len(decisions.seconds))],
        "admissions": decisions.num_admissions / len(decisions.seconds),
        "preemptions": decisions.num_preemptions / len(decisions.seconds),
    }


def _median_us(seconds: list[float]) -> float:
    return 1e6 * statistics.median(seconds)


def _job(name: int, rng: random.Random) -> PlainJob:
    """A waiting job as the paper's generator draws them; it came in the last minute."""
    predicted = float(max(1, 50 * round(rng.randint(1, 499) / 50)))
    return PlainJob(name, rng.randint(1, 4), 60 * rng.random(), rng.randint(1, 499), predicted)
