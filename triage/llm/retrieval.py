"""A second opinion on the card: which complaint the words of a message usually belong to.

Naive Bayes over words and pairs of words, as the urgency model reads them (shorthand spelt out,
Spanish, French and German glossed). It knows words the encoder never saw together; the encoder
knows what words mean. `training/draft/card_words.py` counts them into weights/cards/words.json.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from triage.classify.injection import without_instructions
from triage.classify.reading import read
from triage.classify.understanding import language_of

WORDS_FILE = Path(__file__).parent.parent.parent / "weights" / "cards" / "words.json"
SMOOTHING = 1.0  # messages of the average complaint added to each
SHARPNESS = 0.5  # words are no independent witnesses: their votes are damped
TRUST = 0.3  # weight of the words beside the complaint model, chosen on validation families
FLOOR = 0.003  # share of a complaint that a voice does not mention


@dataclass(frozen=True)
class Retriever:
    """`words`: feature → {complaint: number of families}; `totals`: complaint → families."""

    words: Mapping[str, Mapping[str, float]]
    totals: Mapping[str, float]

    def scores(self, message: str) -> dict[str, float]:
        """The share of each complaint, sum 1."""
        everything = sum(self.totals.values())
        logs = {slug: 0.5 * math.log(n / everything) for slug, n in self.totals.items()}
        for feature in features(message):
            counts = self.words.get(feature)
            if counts is None:
                continue
            usual = sum(counts.values()) / everything
            for slug, total in self.totals.items():
                share = (counts.get(slug, 0.0) + SMOOTHING * usual) / (total + SMOOTHING)
                logs[slug] += math.log(share / usual)
        return _shares({slug: SHARPNESS * value for slug, value in logs.items()})


def combined(head: Mapping[str, float], words: Mapping[str, float]) -> dict[str, float]:
    """The complaint model's and the words' shares as one opinion.

    What the model leaves open is shared out among the complaints it does not mention.
    """
    left_open = max(0.0, 1.0 - sum(head.values())) / max(1, len(words) - len(head))
    return _shares(
        {
            slug: math.log(head.get(slug, left_open) + FLOOR) + TRUST * math.log(share + FLOOR)
            for slug, share in words.items()
        }
    )


def features(message: str) -> set[str]:
    """Words, pairs of words and word beginnings of a message's reading."""
    cleaned = without_instructions(message)
    reading = read(cleaned, language=language_of(cleaned)).text.lower()
    words = re.findall(r"[a-z]{2,}", reading)
    pairs = {f"{first} {second}" for first, second in pairwise(words)}
    return {*words, *pairs, *(f"{word[:5]}*" for word in words if len(word) > 5)}


@lru_cache(maxsize=1)
def load_retriever() -> Retriever:
    """The bundled counts, read once. Raises OSError or ValueError when they cannot be read."""
    stored = json.loads(WORDS_FILE.read_text(encoding="utf-8"))
    return Retriever(stored["words"], stored["totals"])


def _shares(logs: Mapping[str, float]) -> dict[str, float]:
    highest = max(logs.values())
    weights = {slug: math.exp(value - highest) for slug, value in logs.items()}
    total = sum(weights.values())
    return {slug: weight / total for slug, weight in weights.items()}
