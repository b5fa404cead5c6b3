"""Means over seeds with their confidence intervals (Student's t)."""

import math
import statistics
from collections.abc import Sequence
from functools import cache
from typing import Any

CONFIDENCE = 0.95


@cache
def student_t(degrees: int, confidence: float = CONFIDENCE) -> float:
    """The t with P(|T| ≤ t) = confidence for whole degrees of freedom.

    By bisection over the finite series for that probability (Abramowitz and Stegun, 26.7.3
    and 26.7.4). Raises ValueError for fewer than one degree or a confidence outside (0, 1).
    """
    if degrees < 1 or not 0 < confidence < 1:
        raise ValueError("student_t: degrees above 0 and a confidence within 0 and 1 are needed")
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        if _within(middle, degrees) < confidence:
            low = middle
        else:
            high = middle
    return math.sqrt(degrees) * math.tan(low)


def _within(theta: float, degrees: int) -> float:
    """P(|T| ≤ t) with theta = atan(t/√degrees)."""
    cosine = math.cos(theta)
    odd = degrees % 2
    term, total = (cosine, cosine) if odd and degrees > 1 else (1.0, 1.0)
    if degrees == 1:
        return 2 * theta / math.pi
    for power in range(3 if odd else 2, degrees - 1, 2):
        term *= cosine * cosine * (power - 1) / power
        total += term
    if odd:
        return 2 / math.pi * (theta + math.sin(theta) * total)
    return math.sin(theta) * total


def interval(
    samples: Sequence[float | None], confidence: float = CONFIDENCE
) -> dict[str, float | None]:
    """Mean and interval of independent values; the interval is None for a single one.

    A None among them is a seed without such a figure, and does not count; the mean is None
    when there is no other.
    """
    values = [value for value in samples if value is not None]
    if not values:
        return {"mean": None, "low": None, "high": None}
    mean = statistics.fmean(values)
    if len(values) < 2:
        return {"mean": mean, "low": None, "high": None}
    error = statistics.stdev(values) / math.sqrt(len(values))
    half = student_t(len(values) - 1, confidence) * error
    return {"mean": mean, "low": mean - half, "high": mean + half}


def over_seeds(runs: Sequence[dict[str, Any]], confidence: float = CONFIDENCE) -> dict[str, Any]:
    """The same shape, each number an interval over the runs."""
    return {
        name: over_seeds([run[name] for run in runs], confidence)
        if isinstance(value, dict)
        else interval([run[name] for run in runs], confidence)
        for name, value in runs[0].items()
    }


def gain(ours: Sequence[float | None], theirs: Sequence[float | None]) -> dict[str, float | None]:
    """How far ours is below theirs (0.0–1.0, negative when above), seed by seed.

    Paired: both served the same requests, so the seeds' own differences drop out. Seeds in
    which nobody came (None, or no time at all) do not count.
    """
    pairs = zip(ours, theirs, strict=True)
    return interval([1 - one / other for one, other in pairs if one is not None and other])
