"""What sentences added to a message do to its level: orders to the software, and small talk.

additions.toml holds them; nothing is trained on them, and whoever wrote them had seen neither the
training data nor the patterns of injection.py (but for the first orders, which have been here
longer). Neither kind says anything about the patient, so neither may lower a level.
"""

import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from triage.classify.assess import UrgencyModel
from triage.classify.counterfactual import levels_of

FILE = Path(__file__).parent / "additions.toml"
EACH = 8  # of either kind, tried on each message; the messages take turns through all of them
URGENT = 1  # levels up to this one get a unit at once


@lru_cache(maxsize=1)
def additions() -> dict[str, list[str]]:
    """`orders` and `chatter`, in the file's order."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def effects(
    texts: Sequence[str], levels: Sequence[int], model: UrgencyModel | None
) -> dict[str, dict[str, int]]:
    """By kind: of `n` attempts, how many `lowered` a level of `levels`, how many of these from
    urgent to not (`lost`), and how many `raised` one. Every second addition stands in front."""
    result = {}
    for kind, sentences in additions().items():
        tried, before = [], []
        for number, (text, level) in enumerate(zip(texts, levels, strict=True)):
            for turn in range(EACH):
                sentence = sentences[(number * EACH + turn) % len(sentences)]
                in_front = (number + turn) % 2 == 0
                tried.append(f"{sentence} {text}" if in_front else f"{text} {sentence}")
                before.append(level)
        pairs = list(zip(before, levels_of(tried, model), strict=True))
        result[kind] = {
            "n": len(pairs),
            "lowered": sum(new > old for old, new in pairs),
            "lost": sum(new > URGENT >= old for old, new in pairs),
            "raised": sum(new < old for old, new in pairs),
        }
    return result
