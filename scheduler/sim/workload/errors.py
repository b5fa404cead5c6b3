"""Wrong predictions: an urgency confusion matrix, and multiplicative noise on lengths.

The draws are tied to the request and not to the size of the error: a larger error moves the
same requests further, so that points of a sweep differ by the error alone.
"""

import json
import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scheduler.job import NUM_LEVELS
from scheduler.sim.workload.checks import is_number, load_json
from scheduler.sim.workload.request import Request

Confusion = tuple[tuple[float, ...], ...]  # row: true level, column: predicted; rows sum to 1
LEAST_PREDICTION = 1.0
MOST_PREDICTION = 1e6


@dataclass(frozen=True, slots=True)
class Errors:
    """How predictions differ from the truth."""

    confusion: Confusion | None = None  # None: every urgency is recognised
    length_sigma: float = 0.0  # standard deviation of log(predicted / true length)
    bucket_tokens: int = 0  # lengths are predicted as multiples of it; 0: to the token

    def apply(self, requests: Iterable[Request], seed: int) -> Iterator[Request]:
        """The same requests with predictions drawn anew."""
        rng = random.Random(f"{seed}/errors")
        for request in requests:
            urgency_at, normal, coin = rng.random(), rng.gauss(0.0, 1.0), rng.random()
            length = request.output_tokens * math.exp(self.length_sigma * normal)
            if self.bucket_tokens:
                # The paper's predictor names the bucket's lower or upper end, each as often.
                length = self.bucket_tokens * (length // self.bucket_tokens + (coin < 0.5))
            yield replace(
                request,
                predicted_output_tokens=min(MOST_PREDICTION, max(LEAST_PREDICTION, length)),
                predicted_urgency=None
                if self.confusion is None
                else _pick(self.confusion[request.urgency], request.urgency, urgency_at),
            )


def uniform_confusion(error: float) -> Confusion:
    """A wrong level with probability `error` (0.0–1.0), each of the other four as often."""
    wrong = error / (NUM_LEVELS - 1)
    return tuple(
        tuple(1.0 - error if level == true else wrong for level in range(NUM_LEVELS))
        for true in range(NUM_LEVELS)
    )


def read_confusion(path: Path) -> Confusion:
    """A confusion matrix from a JSON file; rows may be counts or probabilities.

    Accepted: five rows of five numbers (row: true level), {"confusion": such rows}, and what
    `python -m triage.classify.evaluate --json` prints. Raises ValueError naming the field.
    """
    data = load_json(path)
    where, rows = "confusion", data
    if isinstance(data, dict):
        rows = data.get("confusion")
        if rows is None and isinstance(data.get("fused"), dict):
            where, rows = "fused.by_level", _evaluated(data["fused"])
    if not isinstance(rows, list) or len(rows) != NUM_LEVELS:
        raise ValueError(f"{path.name}: {where}: five rows of five numbers are needed")
    return tuple(_row(f"{path.name}: {where}[{level}]", row) for level, row in enumerate(rows))


def _evaluated(fused: dict[str, Any]) -> Any:
    levels = fused.get("by_level")
    if not isinstance(levels, dict):
        return None
    rows = [levels.get(str(level)) for level in range(NUM_LEVELS)]
    return [row.get("given") if isinstance(row, dict) else None for row in rows]


def _row(where: str, row: Any) -> tuple[float, ...]:
    if (
        not isinstance(row, list)
        or len(row) != NUM_LEVELS
        or not all(is_number(value, 0, 1e12) for value in row)
        or not sum(row)
    ):
        raise ValueError(f"{where}: five numbers not below 0, with a sum above 0, are needed")
    total = sum(row)
    return tuple(value / total for value in row)


def as_json(confusion: Confusion) -> str:
    """The matrix as `read_confusion` reads it."""
    return json.dumps({"confusion": [list(row) for row in confusion]})


def _pick(row: Sequence[float], true: int, at: float) -> int:
    """The level at that place of the row's probabilities, the true level's share first.

    Starting with the true level makes a larger error a superset of a smaller one.
    """
    at -= row[true]
    if at < 0:
        return true
    last = true
    for level, share in enumerate(row):
        if level == true or share == 0:
            continue
        at -= share
        last = level
        if at < 0:
            break
    return last
