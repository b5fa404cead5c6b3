"""How fast classification is and how much memory it takes, on one core."""

import json
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
import json, re, sys, time
started = time.perf_counter()
from datetime import UTC, datetime
from pathlib import Path
from triage.classify import Report, assess, assess_many, load_model
model = load_model(Path(sys.argv[1]), encoder=sys.argv[2] or None)
now = datetime.now(UTC)
assess(Report("chest pain and sweating"), rules=[], model=model, now=now)
seconds = time.perf_counter() - started
long = Report("chest pain since this morning, it goes into the left arm and he is sweating. " * 20)
assess_many([long] * 32, rules=[], model=model, now=now)
status = Path("/proc/self/status").read_text() if Path("/proc/self/status").exists() else ""
peak = re.search(r"VmHWM:\\s+(\\d+)", status)
print(json.dumps({"start_up_s": round(seconds, 2),
                  "memory_mb": round(int(peak.group(1)) / 1024) if peak else None}))
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
    in MB that it held after a batch of 32 long messages (None where /proc is missing)."""
    done = subprocess.run(
        [sys.executable, "-c", _START, str(weights), encoder or ""],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])
