"""What stands beside the point in a message: asides.txt, and messages with some of it added.

An aside moves no level. The model learns to read on unmoved, and to tell the aside's tokens.
"""

import random
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from training.urgency.families import split_of
from training.urgency.variants import surface

FILE = Path(__file__).parent / "asides.txt"
ORDERS, CHATTER = "orders", "chatter"
SECTIONS = (ORDERS, CHATTER)
ORDER_SHARE = 0.45  # of the asides that are added; the rest is chatter
MAX_CHARS = 450  # of a message that is to hold an aside and still be read whole
_SENTENCE_END = re.compile(r"[.!?;] +")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Mixed:
    """A message with asides; `asides`: the characters that they take."""

    text: str
    asides: tuple[Span, ...] = ()


@lru_cache(maxsize=4)
def read_asides(splits: tuple[str, ...]) -> dict[str, list[str]]:
    """The lines of asides.txt of some splits, by section. Raises ValueError at a line without."""
    found: dict[str, list[str]] = {name: [] for name in SECTIONS}
    section = ""
    for number, line in enumerate(FILE.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("# "):
            section = line[2:].strip()
        elif line.strip():
            if section not in found:
                raise ValueError(f"{FILE.name}, line {number}: in no section of {SECTIONS}")
            if split_of(line) in splits:
                found[section].append(line.strip())
    return found


def with_asides(text: str, splits: tuple[str, ...], rng: random.Random) -> Mixed:
    """The message with one or two asides in front, behind, or between its sentences."""
    pieces: list[tuple[str, bool]] = [(text, False)]
    for _ in range(1 if rng.random() < 0.75 else 2):
        _insert(pieces, _aside(splits, rng), rng)
    found, spans = "", []
    for number, (piece, beside) in enumerate(pieces):
        if number:
            found += _joint(found, rng)
        if beside:
            spans.append((len(found), len(found) + len(piece)))
        found += piece
    return Mixed(found, tuple(spans))


def _aside(splits: tuple[str, ...], rng: random.Random) -> str:
    kinds = read_asides(splits)
    line = rng.choice(kinds[ORDERS if rng.random() < ORDER_SHARE else CHATTER])
    return surface(line, rng) if rng.random() < 0.5 else line


def _insert(pieces: list[tuple[str, bool]], aside: str, rng: random.Random) -> None:
    """Puts an aside somewhere; a message that is cut in two stays in order."""
    where = rng.random()
    at = next((i for i, (_text, beside) in enumerate(pieces) if not beside), 0)
    ends = [match.end() for match in _SENTENCE_END.finditer(pieces[at][0])]
    if where < 0.2 and ends:
        cut, text = rng.choice(ends), pieces[at][0]
        pieces[at : at + 1] = [(text[:cut].rstrip(), False), (aside, True), (text[cut:], False)]
    elif where < 0.6:
        pieces.insert(0, (aside, True))
    else:
        pieces.append((aside, True))


def _joint(before: str, rng: random.Random) -> str:
    if before[-1:] in ".!?;:,":
        return " " if rng.random() < 0.85 else "\n"
    return rng.choice((" ", " ", ". ", ", ", "\n", " - "))
