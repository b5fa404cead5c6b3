"""What no scheduler can beat: lower bounds on the total time in system, level by level.

For the requests of levels ≤ u alone, whatever becomes of the others:
(a) S slots give S seconds of service a second at most, and nobody does better with that than
    shortest remaining time first on one server S times as fast (Schrage 1968);
(b) nobody leaves before the service time it would need on an idle engine.
The larger of the two totals is the bound. A batch shares the engine's steps, so a request's
progress is never faster than on an idle engine: both hold for every policy and every mode.
"""

import heapq
from collections.abc import Iterable, Sequence

from scheduler.job import NUM_LEVELS
from scheduler.sim.cost import CostModel
from scheduler.sim.workload import Request


def alone_s(request: Request, cost: CostModel) -> float:
    """Seconds from arrival to the last token on an idle engine."""
    steps = request.output_tokens
    context = steps * request.prompt_tokens + steps * (steps - 1) / 2  # summed over the steps
    return cost.prefill_s(request.prompt_tokens) + steps * cost.d2 + cost.d1 * context


def srpt_total_s(jobs: Iterable[tuple[float, float]], speed: float = 1.0) -> float:
    """Total time in system of (arrival, size) jobs under preemptive SRPT on one server.

    Arrivals in seconds, sizes in seconds at speed 1. O(n log n).
    """
    ordered = sorted(jobs)
    left: list[float] = []  # remaining sizes, a heap
    now, total, arrived = 0.0, 0.0, 0
    while arrived < len(ordered) or left:
        if not left:
            now = max(now, ordered[arrived][0])
        while arrived < len(ordered) and ordered[arrived][0] <= now:
            heapq.heappush(left, ordered[arrived][1] / speed)
            arrived += 1
        next_s = ordered[arrived][0] if arrived < len(ordered) else float("inf")
        if now + left[0] <= next_s:
            passed = heapq.heappop(left)
            total += passed * (len(left) + 1)
            now += passed
        else:
            passed = next_s - now
            total += passed * len(left)
            heapq.heapreplace(left, left[0] - passed)
            now = next_s
    return total


def lower_bounds_s(requests: Sequence[Request], cost: CostModel, slots: int) -> list[float]:
    """The least total time in system, seconds, of all requests of levels ≤ u, for u = 0..4.

    `slots`: of all engines together. Levels are the true ones.
    """
    bounds = []
    for level in range(NUM_LEVELS):
        jobs = [(r.arrival_s, alone_s(r, cost)) for r in requests if r.urgency <= level]
        bounds.append(max(srpt_total_s(jobs, slots), sum(size for _, size in jobs)))
    return bounds
