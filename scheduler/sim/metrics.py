"""Figures of a simulated run, by urgency and over all. Definitions: docs/metrics.md.

Levels are the requests' true ones, whatever was predicted; inversions alone count the levels
that the scheduler saw.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from scheduler.job import NUM_LEVELS
from scheduler.policies.semantic_plus import DEFAULT_TARGETS_S
from scheduler.sim.bounds import alone_s
from scheduler.sim.cost import CostModel
from scheduler.sim.job import Result, SimJob


def summary(
    result: Result,
    cost: CostModel | None = None,
    *,
    targets_s: Sequence[float] = DEFAULT_TARGETS_S,
    bounds_s: Sequence[float] | None = None,
) -> dict[str, Any]:
    """All figures as JSON; the shape of `compare` for one policy. Times are seconds.

    `cost` adds the slowdown, `bounds_s` (from `lower_bounds_s`) the regret. `targets_s`:
    longest wait by level.
    """
    groups: list[list[SimJob]] = [[] for _ in range(NUM_LEVELS)]
    for job in result.jobs:
        groups[job.request.urgency].append(job)
    system = [[time_in_system_s(job) for job in group] for group in groups]
    waiting = [[waiting_s(job) for job in group] for group in groups]
    met = [
        sum(wait <= target for wait in waits)
        for waits, target in zip(waiting, targets_s, strict=True)
    ]
    num_requests, sizes = len(result.jobs), [len(group) for group in groups]
    span_s = result.end_s - min((job.arrival_s for job in result.jobs), default=result.end_s)
    figures: dict[str, Any] = {
        "time_in_system_s": {"total": sum(map(sum, system)), **_figures(system)},
        "ttft_s": _figures(_by(groups, ttft_s)),
        "tpot_s": _figures(_by(groups, tpot_s)),
        "waiting_s": _figures(waiting),
        "within_target": {
            "share": _share(sum(met), num_requests),
            "by_urgency": _levels(map(_share, met, sizes)),
        },
        "goodput_per_s": _share(sum(met), span_s),
        "tokens_per_s": _share(sum(job.request.output_tokens for job in result.jobs), span_s),
        "preemptions": result.preemptions,
        "recomputed_tokens": result.reread_tokens,
        "inversion_s": result.inversion_s,
        "kv_peak_blocks": result.kv_peak_blocks,
        "num_requests": {"total": num_requests, "by_urgency": _levels(sizes)},
    }
    if cost is not None:
        figures["slowdown"] = _figures(
            _by(groups, lambda job: time_in_system_s(job) / alone_s(job.request, cost))
        )
    if result.decision_s:
        figures["decision_us"] = spread([1e6 * seconds for seconds in result.decision_s])
    if bounds_s is not None:
        totals = [sum(map(sum, system[: level + 1])) for level in range(NUM_LEVELS)]
        figures["regret"] = {
            "up_to_urgency": _levels(
                total / bound - 1 if bound else 0.0
                for total, bound in zip(totals, bounds_s, strict=True)
            )
        }
    return figures


def time_in_system_s(job: SimJob) -> float:
    """Last token out − arrival (E2EL)."""
    assert job.end_s is not None
    return job.end_s - job.arrival_s


def ttft_s(job: SimJob) -> float:
    """First token out − arrival."""
    assert job.first_token_s is not None
    return job.first_token_s - job.arrival_s


def tpot_s(job: SimJob) -> float:
    """Seconds for each token after the first, pauses included; 0 for a single token."""
    assert job.end_s is not None
    assert job.first_token_s is not None
    return (job.end_s - job.first_token_s) / max(1, job.request.output_tokens - 1)


def waiting_s(job: SimJob) -> float:
    """Time in system without a slot."""
    # Sums of many steps: rounding must not make it negative.
    return max(0.0, time_in_system_s(job) - job.slot_s)


def spread(values: Sequence[float]) -> dict[str, float]:
    """Mean, median, 90th and 99th percentile and maximum; zeros for no values."""
    if not values:
        return dict.fromkeys(("mean", "p50", "p90", "p99", "max"), 0.0)
    ordered = sorted(values)
    return {
        "mean": sum(ordered) / len(ordered),
        "p50": quantile(ordered, 0.5),
        "p90": quantile(ordered, 0.9),
        "p99": quantile(ordered, 0.99),
        "max": ordered[-1],
    }


def quantile(ordered: Sequence[float], share: float) -> float:
    """By linear interpolation between ordered values. Raises IndexError for none."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def _figures(groups: Sequence[Sequence[float]]) -> dict[str, Any]:
    """Over all, the mean of each level, and the whole spread of each."""
    levels = [spread(group) for group in groups]
    return {
        **spread(list(chain.from_iterable(groups))),
        "by_urgency": _levels(level["mean"] for level in levels),
        "levels": _levels(levels),
    }


def _by(groups: Sequence[Sequence[SimJob]], of: Callable[[SimJob], float]) -> list[list[float]]:
    return [[of(job) for job in group] for group in groups]


def _levels(values: Any) -> dict[str, Any]:
    return {str(level): value for level, value in enumerate(values)}


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
