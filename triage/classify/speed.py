"""How fast classification is and how much memory it takes, on one core."""

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from triage.classify.assess import UrgencyModel, assess_many
from triage.classify.types import Report

_START = """
import json, resource, sys, time
started = time.perf_counter()
from datetime import UTC, datetime
from pathlib import Path
from triage.classify import Report, assess, load_model
model = load_model(Path(sys.argv[1]), encoder=sys.argv[2] or None)
assess(Report("chest pain and sweating"), rules=[], model=model, now=datetime.now(UTC))
seconds = time.perf_counter() - started
print(json.dumps({"start_up_s": round(seconds, 2), "memory_mb": round(
    resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}))
"""


def latency_ms(read: Callable[[Report], object], reports: Sequence[Report]) -> dict[str, float]:
    """Median and 99th percentile of `read(report)`, one after the other, in milliseconds."""
    taken = []
    for report in reports:
        started = time.perf_counter()
        read(report)
        taken.append(1000 * (time.perf_counter() - started))
    taken.sort()
    last = taken[min(len(taken) - 1, int(0.99 * len(taken)))]
    return {"p50": round(statistics.median(taken), 2), "p99": round(last, 2)}


def messages_per_s(reports: Sequence[Report], model: UrgencyModel | None, batch: int = 32) -> float:
    """Messages a second in batches."""
    started = time.perf_counter()
    for start in range(0, len(reports), batch):
        assess_many(reports[start : start + batch], rules=[], model=model, now=datetime.now(UTC))
    return round(len(reports) / (time.perf_counter() - started), 1)


def start_up(weights: Path, encoder: str | None) -> dict[str, float]:
    """Seconds from a fresh Python to the first decision (imports included), and the most memory
    that process held, in MB."""
    done = subprocess.run(
        [sys.executable, "-c", _START, str(weights), encoder or ""],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def memory_mb() -> int:
    """The most memory this process has held, in MB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
