"""A request of the engine, as a policy sees it. Bad or missing input never raises here."""

from dataclasses import dataclass, field
from typing import Any

from scheduler.engine.packing import urgency_of
from scheduler.job import LEAST_URGENT

DEFAULT_PREDICTION = 256.0  # tokens, when the client predicts nothing


@dataclass(slots=True)
class EngineJob:
    """Wraps the engine's request object; `refresh` reads its progress from there."""

    job_id: str  # the engine's request id
    urgency: int
    arrival_s: float  # monotonic clock of the engine's process
    prompt_tokens: int
    predicted_output_tokens: float
    request: Any = field(repr=False, compare=False)
    tag: str = ""  # the client's own name for the job
    is_control: bool = False
    has_started: bool = False
    num_preemptions: int = 0
    # The engine did not take it although room was made for it: until this step of the engine
    # nobody else loses a slot for its sake.
    no_room_before_step: int = 0
    # It was let in as an overdue job and keeps a reserved slot until it ends or is preempted.
    claims_slot: bool = False
    is_paused: bool = False  # it lost its slot and keeps its KV blocks
    lost_tokens: int = 0  # of its context, computed before it was preempted
    generated_tokens: int = 0  # put out, or being computed now (async scheduling runs ahead)

    def refresh(self) -> "EngineJob":
        """Read the progress once for a whole decision, which asks for it often."""
        request = self.request
        self.generated_tokens = request.num_output_tokens + request.num_output_placeholders
        return self

    @classmethod
    def of(cls, request: Any, extra: dict[str, Any], *, arrival_s: float) -> "EngineJob":
        """Read urgency and prediction from the request's extra arguments, else its priority."""
        max_tokens = float(getattr(request, "max_tokens", 0) or DEFAULT_PREDICTION)
        predicted = _number(
            extra.get("predicted_output_tokens"), min(max_tokens, DEFAULT_PREDICTION)
        )
        is_control = "retriage_job_id" in extra
        return cls(
            job_id=request.request_id,
            urgency=0 if is_control else _level(extra.get("urgency"), urgency_of(request.priority)),
            arrival_s=arrival_s,
            prompt_tokens=request.num_prompt_tokens,
            predicted_output_tokens=max(1.0, min(predicted, max_tokens)),
            request=request,
            tag=str(extra.get("job_id", "")),
            is_control=is_control,
        ).refresh()

    def retriage(self, extra: dict[str, Any]) -> None:
        """Take over a new urgency and, where given, a new prediction.

        `predicted_output_tokens` counts from the beginning of the request,
        `predicted_remaining_tokens` from now; the latter wins.
        """
        self.urgency = _level(extra.get("urgency"), self.urgency)
        predicted = _number(extra.get("predicted_output_tokens"), self.predicted_output_tokens)
        done = self.refresh().generated_tokens
        predicted = done + _number(extra.get("predicted_remaining_tokens"), predicted - done)
        self.predicted_output_tokens = max(1.0, predicted)


def _level(value: Any, fallback: int) -> int:
    return int(max(0, min(LEAST_URGENT, _number(value, fallback))))


def _number(value: Any, fallback: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return float(fallback)
    return number if number == number and abs(number) != float("inf") else float(fallback)
