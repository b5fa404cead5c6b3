"""Requests over time: read from a file, or drawn as the paper draws them."""

import json
import math
import random
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scheduler.job import LEAST_URGENT

PAPER_GAPS = 20
PAPER_MAX_TOKENS = 499
BUCKET_TOKENS = 50  # the paper predicts lengths by bucket


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a workload; `output_tokens` is the truth that no policy sees."""

    id: int
    arrival_s: float
    urgency: int
    prompt_tokens: int
    output_tokens: int
    predicted_output_tokens: float


@dataclass(frozen=True, slots=True)
class Workload:
    """Requests in order of arrival, and what others reported for them, if anything."""

    name: str
    requests: list[Request]
    slots: int = 16
    reported: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "setting": {"slots": self.slots},
            "requests": [asdict(request) for request in self.requests],
        }


def paper_workload(seed: int, max_per_gap: int, gap_s: float = 0.01, slots: int = 16) -> Workload:
    """The paper's generator: in each of 20 gaps a uniform number of arrivals up to the limit.

    Prompts and outputs uniform in 1..499, five urgencies uniform, predictions by bucket of 50.
    """
    rng = random.Random(seed)
    requests: list[Request] = []
    for gap in range(PAPER_GAPS):
        for _ in range(rng.randint(0, max_per_gap)):
            output = rng.randint(1, PAPER_MAX_TOKENS)
            requests.append(
                Request(
                    id=len(requests),
                    arrival_s=gap * gap_s,
                    urgency=rng.randint(0, LEAST_URGENT),
                    prompt_tokens=rng.randint(1, PAPER_MAX_TOKENS),
                    output_tokens=output,
                    predicted_output_tokens=max(1, BUCKET_TOKENS * round(output / BUCKET_TOKENS)),
                )
            )
    return Workload(f"seed{seed}_gap{gap_s}_mc{max_per_gap}", requests, slots)


def read_workload(path: Path) -> Workload:
    """Read a JSON workload. Raises ValueError with one sentence that names the field."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path.name}: cannot be read as JSON ({error})") from error
    if not isinstance(data, dict) or not isinstance(data.get("requests"), list):
        raise ValueError(f"{path.name}: requests: a list of requests is needed")
    requests = [_request(path.name, index, row) for index, row in enumerate(data["requests"])]
    setting = data.get("setting") or {}
    slots = setting.get("slots", 16) if isinstance(setting, dict) else 16
    if not isinstance(slots, int) or isinstance(slots, bool) or slots < 1:
        raise ValueError(f"{path.name}: setting.slots: a whole number above 0 is needed")
    requests.sort(key=lambda request: request.arrival_s)
    reported = data.get("reported_mean_time_in_system_s")
    return Workload(str(data.get("name", path.stem)), requests, slots, reported)


def _request(file: str, index: int, row: Any) -> Request:
    where = f"{file}: requests[{index}]"
    if not isinstance(row, dict):
        raise ValueError(f"{where}: an object is needed")

    def number(name: str, low: float, high: float, default: float | None = None) -> float:
        value = row.get(name, default)
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and math.isfinite(value)
            and low <= value <= high
        ):
            return float(value)
        raise ValueError(f"{where}.{name}: a number from {low:g} to {high:g} is needed")

    output = number("output_tokens", 1, 1e6)
    return Request(
        id=int(number("id", 0, 1e12, index)),
        arrival_s=number("arrival_s", 0, 1e9),
        urgency=int(number("urgency", 0, LEAST_URGENT)),
        prompt_tokens=int(number("prompt_tokens", 1, 1e6)),
        output_tokens=int(output),
        predicted_output_tokens=number("predicted_output_tokens", 0, 1e6, output),
    )
