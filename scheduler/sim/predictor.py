"""The model that predicts urgency and length before a request can be scheduled.

Source: Semantic Scheduling for LLM Inference (arXiv 2506.12204), section on predictors: a pass
over a batch of requests takes `latency_s`, however many they are, up to `batch_size`.

- `immediate`: a free predictor takes whatever waits, at once;
- `delayed` (the paper's "fully delayed"): it waits until a whole batch has come.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scheduler.sim.workload import Request

MODES = ("immediate", "delayed")


@dataclass(frozen=True, slots=True)
class Predictor:
    """Raises ValueError for values that make no sense."""

    latency_s: float = 0.0
    batch_size: int = 1
    mode: str = "immediate"

    def __post_init__(self) -> None:
        if not 0 <= self.latency_s < math.inf:
            raise ValueError("predictor-latency: a number of seconds from 0 on is needed")
        if self.batch_size < 1:
            raise ValueError("predictor-batch: a whole number above 0 is needed")
        if self.mode not in MODES:
            raise ValueError(f"predictor-mode: {self.mode!r} is none of {', '.join(MODES)}")

    def ready(self, requests: Sequence[Request]) -> Iterator[float]:
        """When each request, in order of arrival, is ready for the queue. Seconds."""
        free_s, first = 0.0, 0
        while first < len(requests):
            batch = 1
            if self.mode == "delayed":  # what is left at the end is a batch, too
                batch = min(self.batch_size, len(requests) - first)
            start_s = max(free_s, requests[first + batch - 1].arrival_s)
            while (
                batch < self.batch_size
                and first + batch < len(requests)
                and requests[first + batch].arrival_s <= start_s
            ):
                batch += 1
            free_s = start_s + self.latency_s
            yield from (free_s for _ in range(batch))
            first += batch
