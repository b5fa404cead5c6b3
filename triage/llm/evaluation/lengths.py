"""How well lengths are foretold: predictions held against what the engine really wrote."""

import statistics
from collections.abc import Sequence
from typing import Any

from triage.classify.length import (
    WINDOW,
    Correction,
    LengthPrediction,
    LengthPredictor,
    kendall_tau,
)
from triage.llm.evaluation.cases import Case
from triage.llm.lengths import features_of


def figures(
    predictor: LengthPredictor, cases: Sequence[Case], lengths: Sequence[int]
) -> dict[str, Any]:
    """`table`: by the measured table alone. `corrected`: each draft predicted with what the
    drafts before it taught, in the file's order, as in service."""
    plain = [_predict(predictor, case, Correction()) for case in cases]
    ratios: list[float] = []
    corrected = []
    for case, actual in zip(cases, lengths, strict=True):
        prediction = _predict(predictor, case, Correction(tuple(ratios[-WINDOW:])))
        corrected.append(prediction)
        ratios.append(actual / prediction.baseline)
    return {
        "n": len(cases),
        "tokens": {"mean": round(statistics.mean(lengths), 1), "min": min(lengths),
                   "max": max(lengths)},
        "table": _quality(plain, lengths),
        "corrected": _quality(corrected, lengths),
        "scale": round(Correction(tuple(ratios[-WINDOW:])).scale, 3),
    }  # fmt: skip


def _predict(predictor: LengthPredictor, case: Case, correction: Correction) -> LengthPrediction:
    grounds = case.grounds
    features = features_of(grounds.card, grounds.urgency, grounds.facts)
    return predictor.predict(features, correction)


def _quality(predictions: Sequence[LengthPrediction], lengths: Sequence[int]) -> dict[str, float]:
    """kendall_tau: -1 to 1; relative errors: of the actual length; coverage: share of lengths
    within the interval, which is meant to hold 80 %."""
    pairs = list(zip(predictions, lengths, strict=True))
    errors = [abs(p.tokens - actual) / max(1, actual) for p, actual in pairs]
    return {
        "kendall_tau": round(kendall_tau([p.tokens for p in predictions], lengths), 4),
        "relative_error_mean": round(statistics.mean(errors), 4),
        "relative_error_median": round(statistics.median(errors), 4),
        "interval_coverage": round(
            sum(p.low <= actual <= p.high for p, actual in pairs) / len(pairs), 4
        ),
        "interval_width": round(
            statistics.mean((p.high - p.low) / p.tokens for p in predictions), 4
        ),
    }
