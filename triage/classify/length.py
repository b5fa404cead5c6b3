"""How many tokens a draft will take: a table by complaint and level, corrected as drafts end.

The table (weights/draft/lengths.json) was measured on drafts of the bundled model. For another
model its scale is wrong at first; the online correction learns it within a few drafts.
"""

import json
import threading
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DEFAULT_TOKENS = 150  # without any table
SMOOTHING = 20  # pseudo-observations behind the table's value
WINDOW = 200  # observed drafts that the scale is learnt from


@dataclass(frozen=True, slots=True)
class LengthPrediction:
    """Predicted output tokens with an 80 % interval."""

    tokens: int
    low: int
    high: int


@dataclass
class LengthPredictor:
    """Thread-safe; one per process."""

    table: dict[str, Any]
    _ratios: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOW))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def load(cls, path: Path | None) -> "LengthPredictor":
        """Read the table. Raises OSError or ValueError when a given file cannot be read."""
        return cls(json.loads(path.read_text(encoding="utf-8")) if path else {})

    def predict(self, message: str, complaint: str, urgency: int) -> LengthPrediction:
        """Tokens for a draft. `message` is there for predictors that read it."""
        entry = self._entry(complaint, urgency)
        scale = self._scale()
        tokens = max(1, round(entry["mean"] * scale))
        return LengthPrediction(
            tokens, max(1, round(entry["p10"] * scale)), max(tokens, round(entry["p90"] * scale))
        )

    def observe(self, complaint: str, actual_tokens: int, urgency: int | None = None) -> None:
        """Learn from a finished draft."""
        expected = self._entry(complaint, urgency)["mean"]
        if actual_tokens > 0 and expected > 0:
            with self._lock:
                self._ratios.append(actual_tokens / expected)

    def _entry(self, complaint: str, urgency: int | None) -> dict[str, float]:
        cells = self.table.get("by_complaint_and_urgency", {})
        cell = cells.get(f"{complaint}/{urgency}")
        if cell:
            return cell
        overall = self.table.get("overall") or {
            "mean": DEFAULT_TOKENS, "p10": DEFAULT_TOKENS * 0.6, "p90": DEFAULT_TOKENS * 1.6
        }  # fmt: skip
        base = self.table.get("by_complaint", {}).get(complaint, overall)
        by_urgency = self.table.get("by_urgency", {}).get(str(urgency), overall)
        factor = by_urgency["mean"] / overall["mean"]
        return {name: base[name] * factor for name in ("mean", "p10", "p90")}

    def _scale(self) -> float:
        with self._lock:
            return (SMOOTHING + sum(self._ratios)) / (SMOOTHING + len(self._ratios))
