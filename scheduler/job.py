"""What a policy may look at, wherever the job comes from."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

NUM_LEVELS = 5
LEAST_URGENT = NUM_LEVELS - 1


class Job(Protocol):
    """One generation request. A smaller urgency is more urgent (0 immediate … 4)."""

    @property
    def job_id(self) -> Hashable: ...
    @property
    def urgency(self) -> int: ...
    @property
    def arrival_s(self) -> float: ...
    @property
    def prompt_tokens(self) -> int: ...
    @property
    def predicted_output_tokens(self) -> float: ...
    @property
    def generated_tokens(self) -> int: ...


@dataclass(slots=True)
class PlainJob:
    """A job with nothing else to it, for tests and for callers that have no class of their own."""

    job_id: Hashable
    urgency: int
    arrival_s: float
    prompt_tokens: int
    predicted_output_tokens: float
    generated_tokens: int = 0
    level_probabilities: Sequence[float] | None = None  # optional: where the level is uncertain
