"""The hand-written messages: families/*.txt read into Family objects.

A file holds blocks: `@ complaint level [low-high]`, then one message a line. In a message
`{tags}` come first, `*...*` marks the phrase that decides the level, and a leading `+` puts it
into the family of the line above (a rewording or a translation of it). `core.txt` is older:
`complaint|level|message`.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

VALIDATION_SHARE, HELD_OUT_SHARE = 0.09, 0.09
FOLDER = Path(__file__).parent / "families"
TAGS = {
    "t": "terse",
    "n": "nurse-note",
    "r": "radio",
    "d": "device",
    "s": "long-story",
    "p": "panic",
    "y": "typos",
    "x": "non-native",
    "es": "spanish",
    "fr": "french",
    "de": "german",
    "m": "several-patients",
    "g": "negation",
    "h": "history",
    "k": "calm-words",
    "l": "alarming-words",
    "i": "injection",
    "e": "near-empty",
    "b": "textbook",
    "z": "exercise",
}
_HEADER = re.compile(r"@ ([\w-]+) ([0-4])(?: ([0-4])-([0-4]))?\s*$")
_LINE = re.compile(r"(\+ )?(?:\{([\w,]+)\} )?(.+)$")


@dataclass(frozen=True, slots=True)
class Family:
    """One hand-written message with what a person decided about it."""

    id: str  # the message's own id; variants add a number
    family: str  # what must never be on both sides of a split
    text: str
    level: int
    level_low: int
    level_high: int
    complaint: str
    evidence: tuple[str, ...]
    tags: tuple[str, ...]


def split_of(family: str) -> str:
    """The split of a family: by a hash, so that a new family moves no old one."""
    digest = hashlib.sha256(family.encode()).digest()
    place = int.from_bytes(digest[:4], "big") / 2**32
    if place < HELD_OUT_SHARE:
        return "held-out"
    return "validation" if place < HELD_OUT_SHARE + VALIDATION_SHARE else "train"


def read_families(folder: Path = FOLDER) -> list[Family]:
    """All messages of the folder. Raises ValueError naming the file and line that is wrong."""
    families: list[Family] = []
    for path in sorted(folder.glob("*.txt")):
        if path.name == "ed_complaints.txt":
            continue
        reader = _read_core if path.name == "core.txt" else _read_blocks
        families += reader(path)
    return families


def _read_blocks(path: Path) -> list[Family]:
    complaint, level, low, high = "", 0, 0, 0
    found: list[Family] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("# "):
            continue
        header = _HEADER.match(line)
        if header:
            complaint, level = header.group(1), int(header.group(2))
            low = int(header.group(3) or level)
            high = int(header.group(4) or level)
            continue
        match = _LINE.match(line.strip())
        if not match or not complaint or line.startswith("@"):
            raise ValueError(f"{path.name}, line {number}: cannot be read")
        own = f"{path.stem}-{number}"
        family = found[-1].family if match.group(1) and found else own
        text, evidence = _marked(match.group(3))
        tags = tuple(TAGS[tag] for tag in (match.group(2) or "").split(",") if tag)
        found.append(Family(own, family, text, level, low, high, complaint, evidence, tags))
    return found


def _read_core(path: Path) -> list[Family]:
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        complaint, level, text = line.split("|", 2)
        own = f"core-{number}"
        text, evidence = _marked(text)
        found.append(
            Family(own, own, text, int(level), int(level), int(level), complaint, evidence, ())
        )
    return found


def _marked(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without its marks, and the marked phrases."""
    phrases = tuple(re.findall(r"\*([^*]+)\*", text))
    return re.sub(r"\*([^*]+)\*", r"\1", text).strip(), phrases
