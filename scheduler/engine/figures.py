"""Figures of measured runs: per level and over all, and the medians of several runs."""

import statistics
from collections.abc import Sequence
from typing import Any

from scheduler.engine.timing import Timing
from scheduler.job import NUM_LEVELS


def figures(timings: Sequence[Timing]) -> dict[str, Any]:
    """One run of one policy, in the shape of `engine-bench`. Times are seconds."""
    span = max(timing.end_s for timing in timings) - min(timing.arrival_s for timing in timings)
    return {
        "ttft_s": {
            str(level): spread([t.ttft_s for t in timings if t.urgency == level])
            for level in range(NUM_LEVELS)
        },
        "time_in_system_s": {
            "mean": statistics.fmean(timing.system_s for timing in timings),
            "by_urgency": {
                str(level): mean([t.system_s for t in timings if t.urgency == level])
                for level in range(NUM_LEVELS)
            },
        },
        "tokens_per_s": sum(timing.num_tokens for timing in timings) / span,
        "preemptions": sum(timing.num_preemptions for timing in timings),
    }


def throughput(emitted: Sequence[tuple[float, int]], timings: Sequence[Timing]) -> float:
    """Tokens a second from the first arrival to the last, 0 when all came at once.

    Leaves out what comes after: the last few requests do not fill the slots, and they are long
    ones under a policy that serves the short ones first.
    """
    start_s = min(timing.arrival_s for timing in timings)
    end_s = max(timing.arrival_s for timing in timings)
    if end_s <= start_s:
        return 0.0
    return sum(number for moment, number in emitted if moment <= end_s) / (end_s - start_s)


def spread(values: Sequence[float]) -> dict[str, float]:
    """Mean, median and 99th percentile; zeros for no values."""
    return {"mean": mean(values), "p50": quantile(values, 0.5), "p99": quantile(values, 0.99)}


def mean(values: Sequence[float]) -> float:
    """The mean; 0 for no values."""
    return statistics.fmean(values) if values else 0.0


def quantile(values: Sequence[float], share: float) -> float:
    """By linear interpolation between the ordered values; 0 for no values."""
    if not values:
        return 0.0
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def medians(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The same shape, each number the median over the runs."""
    first = runs[0]
    return {
        name: medians([run[name] for run in runs])
        if isinstance(value, dict)
        else statistics.median(run[name] for run in runs)
        for name, value in first.items()
    }
