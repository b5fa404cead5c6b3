"""Figures for a labelled file: `python -m triage.classify.evaluate FILE --json`.

One JSON object a line, see cases.py.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from triage.classify import Decision, Report, assess, load_model
from triage.classify.additions import effects
from triage.classify.cases import read_cases
from triage.classify.counterfactual import flips, levels_of
from triage.classify.reading import read
from triage.classify.speed import latency_ms, messages_per_s, start_up

WEIGHTS = Path(__file__).resolve().parent.parent.parent / "weights" / "urgency"
ABSENT_LEVEL = 4  # a voice that says nothing asks for nothing


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
        "weighted_kappa": weighted_kappa(pairs),
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
    reports = [Report(case["text"], age_years=case["age_years"], sex=case["sex"]) for case in cases]
    now = datetime.now(UTC)
    decisions: list[Decision] = []

    def fully(report: Report) -> None:
        decisions.append(assess(report, rules=[], model=model, now=now))

    latency = latency_ms(fully, reports)
    fused = figures(cases, [decision.urgency for decision in decisions])
    alone = figures(cases, [_level(decision, ("model",)) for decision in decisions])
    rules = figures(cases, [_level(decision, ("red_flags", "vitals")) for decision in decisions])
    reliability = _reliability(cases, decisions)
    ece = _calibration_error(reliability)
    fused |= {"ece": ece, "latency_ms": latency}
    alone |= {"ece": ece, "latency_ms": latency_ms(lambda report: _ask(model, report), reports)}
    # Rules give no probabilities: there is nothing to calibrate.
    without = latency_ms(lambda r: assess(r, rules=[], model=None, now=now), reports)
    rules |= {"ece": None, "latency_ms": without}
    texts = [case["text"] for case in cases]
    bare = levels_of(texts, model)  # what the fields say is left out: swaps change the text alone
    fused |= {
        "reliability": reliability,
        "counterfactual": flips(texts, bare, model),
        "additions": effects(texts, bare, model),
        "messages_per_s": messages_per_s(reports, model),
    }
    return {"fused": fused, "model": alone, "rules": rules}


def _ask(model, report: Report) -> None:
    if model is not None:
        model.predict([read(report.message, age_years=report.age_years, sex=report.sex).text])


def _level(decision: Decision, names: tuple[str, ...]) -> int:
    levels = [v.level for v in decision.voices if v.name in names and v.level is not None]
    return min(levels, default=ABSENT_LEVEL)


def _share(hits) -> float:
    hits = list(hits)
    return round(sum(hits) / len(hits), 4) if hits else 0.0


def weighted_kappa(pairs: Sequence[tuple[int, int]]) -> float:
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
        for tag in case["tags"]:
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
        report = Report(case["text"], age_years=case["age_years"], sex=case["sex"])
        decision = assess(report, rules=[], model=model, now=datetime.now(UTC))
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
    try:
        model = load_model(args.weights, encoder=args.encoder)
    except (OSError, ValueError) as error:
        print(f"evaluate_urgency: {error}", file=sys.stderr)  # noqa: T201
        return 2
    fresh = start_up(args.weights, args.encoder)
    result = evaluate(cases, model)
    result["fused"] |= fresh
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
