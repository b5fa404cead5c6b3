"""What a workload is made of."""

from dataclasses import asdict, dataclass
from typing import Any

DEFAULT_SLOTS = 16


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Times are seconds since the workload began, sizes are tokens.

    `urgency` and `output_tokens` are the truth, by which figures are kept; a policy sees the
    predictions alone.
    """

    id: int
    arrival_s: float
    urgency: int
    prompt_tokens: int
    output_tokens: int
    predicted_output_tokens: float
    predicted_urgency: int | None = None  # None: as the truth

    @property
    def seen_urgency(self) -> int:
        """The level that a policy works with."""
        return self.urgency if self.predicted_urgency is None else self.predicted_urgency

    def as_json(self) -> dict[str, Any]:
        """The request as an object of a trace file."""
        row = asdict(self)
        if self.predicted_urgency is None:
            del row["predicted_urgency"]
        return row


@dataclass(frozen=True, slots=True)
class Workload:
    """Requests in order of arrival, and what others reported for them, if anything."""

    name: str
    requests: list[Request]
    slots: int = DEFAULT_SLOTS
    reported: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "setting": {"slots": self.slots},
            "requests": [request.as_json() for request in self.requests],
        }
