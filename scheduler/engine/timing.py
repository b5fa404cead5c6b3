"""What is remembered of one measured request."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds; `arrival_s` and the like on the client's monotonic clock."""

    urgency: int
    arrival_s: float
    ttft_s: float  # first token out − arrival
    system_s: float  # last token out − arrival
    num_tokens: int  # put out
    num_preemptions: int
    prefill_s: float  # in the engine: first token − first slot; 0 when not told
    decode_s: float  # in the engine: last token − first token; 0 when not told

    @property
    def end_s(self) -> float:
        return self.arrival_s + self.system_s

    @classmethod
    def of(
        cls,
        urgency: int,
        arrival_s: float,
        first_s: float | None,
        end_s: float,
        num_tokens: int,
        metrics: Any,
    ) -> "Timing":
        """From the client's moments and vLLM's own record of the request, if it keeps one."""

        def told(name: str) -> float:
            return float(getattr(metrics, name, 0.0) or 0.0)

        first_token = told("first_token_ts")
        return cls(
            urgency=urgency,
            arrival_s=arrival_s,
            ttft_s=(end_s if first_s is None else first_s) - arrival_s,
            system_s=end_s - arrival_s,
            num_tokens=num_tokens,
            num_preemptions=int(told("num_preemptions")),
            prefill_s=max(0.0, first_token - told("scheduled_ts")) if first_token else 0.0,
            decode_s=max(0.0, told("last_token_ts") - first_token) if first_token else 0.0,
        )
