"""Figures for a labelled file: `python -m triage.classify.evaluate FILE --json`.

One JSON object a line: {"id", "text", "level", "level_low", "level_high", "tags"}.
"""

import argparse
import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from triage.classify import Decision, Report, assess, assess_many, load_model
from triage.classify.counterfactual import flips

WEIGHTS = Path(__file__).resolve().parent.parent.parent / "weights" / "urgency"
ABSENT_LEVEL = 4  # a voice that says nothing asks for nothing


def read_cases(path: Path) -> list[dict[str, Any]]:
    """The cases of a file. Raises ValueError naming the line and the field that is wrong."""
    cases = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            case = json.loads(line)
            case["level"] = int(case["level"])
            case["text"] = str(case["text"])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path.name}, line {number}: {error!r}") from error
        if not 0 <= case["level"] <= 4:
            raise ValueError(f"{path.name}, line {number}: level is not within 0 to 4")
        case.setdefault("level_low", case["level"])
        case.setdefault("level_high", case["level"])
        cases.append(case)
    if not cases:
        raise ValueError(f"{path.name} holds no cases")
    return cases


def figures(cases: Sequence[dict[str, Any]], given: Sequence[int]) -> dict[str, Any]:
    """The safety figures; shares are 0.0–1.0."""
    pairs = [(case["level"], level) for case, level in zip(cases, given, strict=True)]
    in_range = [
        case["level_low"] <= level <= case["level_high"]
        for case, level in zip(cases, given, strict=True)
    ]
    return {
        "n": len(pairs),
        "exact": _share(a == b for a, b in pairs),
        "in_range": _share(in_range),
        "within_one": _share(abs(a - b) <= 1 for a, b in pairs),
        "under_triage": _share(b >= 2 for a, b in pairs if a <= 1),
        "missed_immediate": _share(b >= 1 for a, b in pairs if a == 0),
        "over_triage": _share(b <= 1 for a, b in pairs if a >= 3),
        "weighted_kappa": _weighted_kappa(pairs),
        "by_level": {
            str(level): {
                "n": sum(a == level for a, _ in pairs),
                "exact": _share(b == level for a, b in pairs if a == level),
                "given": [sum(a == level and b == g for a, b in pairs) for g in range(5)],
            }
            for level in range(5)
        },
        "by_tag": _by_tag(cases, given),
    }


def evaluate(cases: Sequence[dict[str, Any]], model) -> dict[str, Any]:
    """Figures of the fused decision, of the model alone and of the rules alone."""
    decisions, latencies = [], []
    for case in cases:
        started = time.perf_counter()
        report = Report(case["text"], age_years=case.get("age_years"), sex=case.get("sex", ""))
        decisions.append(assess(report, rules=[], model=model, now=datetime.now(UTC)))
        latencies.append(1000 * (time.perf_counter() - started))
    latencies.sort()
    fused = figures(cases, [decision.urgency for decision in decisions])
    fused["reliability"] = _reliability(cases, decisions)
    fused["ece"] = _calibration_error(fused["reliability"])
    fused["counterfactual"] = flips([case["text"] for case in cases], model)
    fused["messages_per_s"] = _throughput(cases, model)
    fused["latency_ms"] = {
        "p50": round(statistics.median(latencies), 2),
        "p99": round(latencies[min(len(latencies) - 1, int(0.99 * len(latencies)))], 2),
    }
    return {
        "fused": fused,
        "model": figures(cases, [_level(decision, ("model",)) for decision in decisions]),
        "rules": figures(
            cases, [_level(decision, ("red_flags", "vitals")) for decision in decisions]
        ),
    }


def _throughput(cases: Sequence[dict[str, Any]], model, batch: int = 32) -> float:
    """Messages a second in batches."""
    reports = [Report(case["text"]) for case in cases]
    started = time.perf_counter()
    for start in range(0, len(reports), batch):
        assess_many(reports[start : start + batch], rules=[], model=model, now=datetime.now(UTC))
    return round(len(reports) / (time.perf_counter() - started), 1)


def _level(decision: Decision, names: tuple[str, ...]) -> int:
    levels = [v.level for v in decision.voices if v.name in names and v.level is not None]
    return min(levels, default=ABSENT_LEVEL)


def _share(hits) -> float:
    hits = list(hits)
    return round(sum(hits) / len(hits), 4) if hits else 0.0


def _weighted_kappa(pairs: Sequence[tuple[int, int]]) -> float:
    """Cohen's kappa with quadratic weights."""
    total = len(pairs)
    observed = sum((a - b) ** 2 for a, b in pairs) / total
    left = [sum(a == level for a, _ in pairs) / total for level in range(5)]
    right = [sum(b == level for _, b in pairs) / total for level in range(5)]
    expected = sum(left[a] * right[b] * (a - b) ** 2 for a in range(5) for b in range(5))
    return round(1 - observed / expected, 4) if expected else 1.0


def _reliability(cases, decisions: Sequence[Decision]) -> list[dict[str, float]]:
    """The reliability diagram of the model's likeliest level: ten bins of confidence."""
    rows = []
    for case, decision in zip(cases, decisions, strict=True):
        if decision.confidence > 0:
            guess = max(range(5), key=lambda level: decision.level_probabilities[level])
            rows.append((decision.confidence, guess == case["level"]))
    bins = []
    for low in range(10):
        inside = [row for row in rows if low / 10 < row[0] <= (low + 1) / 10]
        if inside:
            count = len(inside)
            bins.append(
                {
                    "n": count,
                    "confidence": round(sum(row[0] for row in inside) / count, 4),
                    "right": round(sum(row[1] for row in inside) / count, 4),
                }
            )
    return bins


def _calibration_error(bins: Sequence[dict[str, float]]) -> float:
    """Expected calibration error: the bins' gaps, weighted by their sizes."""
    total = sum(item["n"] for item in bins)
    gaps = sum(item["n"] * abs(item["confidence"] - item["right"]) for item in bins)
    return round(gaps / total, 4) if total else 0.0


def _by_tag(cases, given) -> dict[str, dict[str, float]]:
    groups: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for case, level in zip(cases, given, strict=True):
        for tag in case.get("tags", []):
            groups[tag].append((case["level"], level))
    return {
        tag: {"n": len(pairs), "exact": _share(a == b for a, b in pairs),
              "within_one": _share(abs(a - b) <= 1 for a, b in pairs),
              "under_triage": _share(b >= 2 for a, b in pairs if a <= 1),
              "over_triage": _share(b <= 1 for a, b in pairs if a >= 3)}
        for tag, pairs in sorted(groups.items())
    }  # fmt: skip


def _print_wrong(cases: Sequence[dict[str, Any]], model) -> None:
    for case in cases:
        decision = assess(Report(case["text"]), rules=[], model=model, now=datetime.now(UTC))
        if decision.urgency != case["level"]:
            voices = " ".join(f"{v.name} {v.level}" for v in decision.voices if v.level is not None)
            print(f"{case['level']} given {decision.urgency} ({voices}): {case['text'][:150]}")  # noqa: T201


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="evaluate_urgency", description="Urgency figures.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true", help="the whole result as JSON")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--encoder", default=None)
    parser.add_argument("--wrong", action="store_true", help="list the cases that went wrong")
    args = parser.parse_args(argv)
    try:
        cases = read_cases(args.file)
    except (OSError, ValueError) as error:
        print(f"evaluate_urgency: {error}", file=sys.stderr)  # noqa: T201
        return 2
    model = load_model(args.weights, encoder=args.encoder)
    result = evaluate(cases, model)
    if args.wrong:
        _print_wrong(cases, model)
    if args.json:
        print(json.dumps(result))  # noqa: T201
    else:
        for name, row in result.items():
            line = " ".join(f"{k} {v}" for k, v in row.items() if isinstance(v, int | float))
            print(f"{name:6} {line}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
