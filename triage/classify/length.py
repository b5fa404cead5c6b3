"""How many tokens a draft will take.

A table measured on drafts of the bundled model (weights/draft/lengths.json) gives the length by
card and level, a slope adds what the facts take, and a second slope stands in for cards that
were never measured. Another model writes longer or shorter: `Correction` learns its scale, and
how far it strays, from the lengths of its latest drafts.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DEFAULT_TOKENS = 150  # without any table
DEFAULT_SPREAD = (0.6, 1.6)  # of actual to predicted length, 10th and 90th percentile
WINDOW = 200  # latest drafts that the correction is learnt from
PRIOR = 10  # drafts' worth of belief in the table, against the first few observations
BOUNDS = (0.1, 10.0)  # the correction never goes beyond; one runaway draft must not rule


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of a draft before it is written."""

    card: str  # slug
    urgency: int
    num_card_chars: int = 0  # of the card as the model reads it
    num_fact_chars: int = 0  # of the patient's facts together


@dataclass(frozen=True, slots=True)
class LengthPrediction:
    """Predicted output tokens with an 80 % interval; `baseline` is the table's, uncorrected."""

    tokens: int
    low: int
    high: int
    baseline: int


@dataclass(frozen=True, slots=True)
class Correction:
    """What the latest drafts of the model in service did to the table's predictions.

    `ratios`: actual over baseline tokens, the latest WINDOW of them in any order.
    """

    ratios: Sequence[float] = ()

    @property
    def scale(self) -> float:
        """The factor, a geometric mean shrunk towards 1 while there are few."""
        logs = [math.log(_bounded(ratio)) for ratio in self.ratios[:WINDOW]]
        return _bounded(math.exp(sum(logs) / (len(logs) + PRIOR))) if logs else 1.0

    def spread(self, prior: tuple[float, float]) -> tuple[float, float]:
        """10th and 90th percentile of actual over corrected length."""
        scale = self.scale
        seen = sorted(_bounded(ratio) / scale for ratio in self.ratios[:WINDOW])
        if not seen:
            return prior
        trust = len(seen) / (len(seen) + PRIOR)
        return (
            trust * _quantile(seen, 0.1) + (1 - trust) * prior[0],
            trust * _quantile(seen, 0.9) + (1 - trust) * prior[1],
        )


@dataclass(frozen=True)
class LengthPredictor:
    """The measured table; immutable, so safe to share."""

    table: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path | None) -> "LengthPredictor":
        """Read the table. Raises OSError or ValueError when a given file cannot be read."""
        return cls(json.loads(path.read_text(encoding="utf-8")) if path else {})

    def predict(
        self,
        features: Features,
        correction: Correction = Correction(),
    ) -> LengthPrediction:
        """Tokens of a draft."""
        baseline = self.baseline(features)
        tokens = baseline * correction.scale
        low, high = correction.spread(tuple(self.table.get("spread", DEFAULT_SPREAD)))
        return LengthPrediction(
            tokens=max(1, round(tokens)),
            low=max(1, math.floor(tokens * min(low, 1.0))),
            high=max(1, math.ceil(tokens * max(high, 1.0))),
            baseline=max(1, round(baseline)),
        )

    def baseline(self, features: Features) -> float:
        """Tokens by the table alone."""
        if not self.table:
            return DEFAULT_TOKENS
        cell = self.table["cells"].get(f"{features.card}/{features.urgency}")
        if cell is None:
            cell = self._unmeasured(features)
        extra = features.num_fact_chars - self.table["mean_fact_chars"]
        return max(1.0, cell + self.table["tokens_per_fact_char"] * extra)

    def _unmeasured(self, features: Features) -> float:
        """For a card that was not there when the table was measured: by its length."""
        level = self.table["levels"][str(features.urgency)]
        chars = features.num_card_chars or self.table["mean_card_chars"]
        return level + self.table["tokens_per_card_char"] * (chars - self.table["mean_card_chars"])


def kendall_tau(predicted: Sequence[float], actual: Sequence[float]) -> float:
    """Kendall's tau-b: how well one order foretells the other, -1 to 1, ties accounted for.

    Source: M. G. Kendall, The treatment of ties in ranking problems, Biometrika 33 (1945).
    """
    agree = ties_predicted = ties_actual = pairs = 0
    for i in range(len(predicted)):
        for j in range(i):
            a, b = predicted[i] - predicted[j], actual[i] - actual[j]
            pairs += 1
            ties_predicted += a == 0
            ties_actual += b == 0
            agree += (a * b > 0) - (a * b < 0)
    root = math.sqrt((pairs - ties_predicted) * (pairs - ties_actual))
    return agree / root if root else 0.0


def _bounded(ratio: float) -> float:
    return min(max(ratio, BOUNDS[0]), BOUNDS[1])


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Linear between the neighbours; `ordered` ascending, not empty."""
    at = share * (len(ordered) - 1)
    below = math.floor(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (at - below) * (ordered[above] - ordered[below])
