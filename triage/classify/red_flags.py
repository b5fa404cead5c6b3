"""Red flags: a second voice that needs no model. It can only raise the level.

Each flag is a finding that by itself puts a person at level 0, 1 or 2 whatever else is said:
the discriminators that published triage scales share (Manchester Triage System, ESI Handbook
v5, WHO basic emergency care). The patterns, in our own words and four languages, are in
`red_flags.toml`, for clinicians to read.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from triage.classify.negation import is_negated, is_past
from triage.classify.reading import Reading
from triage.classify.types import Evidence, Voice

FLAGS_FILE = Path(__file__).parent / "red_flags.toml"


@dataclass(frozen=True, slots=True)
class Flag:
    """A finding, the level it means, and whether its own words contain a negation."""

    level: int
    reason: str
    pattern: re.Pattern[str]
    negative: bool = False  # "not breathing": the negation is the finding
    unless: re.Pattern[str] | None = None  # words anywhere in the message that withdraw it


def load_flags(path: Path = FLAGS_FILE) -> tuple[Flag, ...]:
    """Read the flags. Raises ValueError naming the flag whose pattern is wrong."""
    flags = []
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["flag"]:
        try:
            pattern = re.compile("|".join(entry["patterns"]), re.IGNORECASE)
            unless = re.compile(entry["unless"], re.IGNORECASE) if "unless" in entry else None
        except re.error as error:
            raise ValueError(f"Red flag {entry['reason']!r}: {error}") from error
        negative = entry.get("negative", False)
        flags.append(Flag(entry["level"], entry["reason"], pattern, negative, unless))
    return tuple(flags)


FLAGS = load_flags()
# Of a drill, a dummy or a figure in a story nothing is true. Only what nobody says of a patient:
# "a novel anticoagulant", "my exam", "do not dispatch" withdraw nothing.
_PRETENCE = re.compile(
    r"\b(?:mannequin|manikin|simulated|simulation|no real (?:patient|case|casualt\w+)"
    r"|not a real case|training scenario|pretend (?:casualty|casualties|patient)"
    r"|no patient connected|exercise(?:[ ,;:.-]+exercise){2}"
    r"|my character (?:is|gets|has|was)|mon personnage)\b",
    re.IGNORECASE,
)


def red_flags(text: str, reading: Reading | None = None) -> Voice:
    """What the flags say of a message: the most urgent one found, with every finding.

    `reading` is the message with shorthand and other languages put into words: flags that the
    message itself does not show are looked for there.
    """
    evidence: list[Evidence] = []
    level: int | None = None
    plain = text.replace("’", "'")  # as phones type it; no character moves
    for flag in () if _PRETENCE.search(plain) else FLAGS:
        if flag.unless and flag.unless.search(plain):
            continue
        span = _first(flag, plain)
        if span is None and reading is not None:
            inside = _first(flag, reading.text)
            span = reading.span(*inside) if inside else None
        if span is None:
            continue
        evidence.append(Evidence(*span, text[slice(*span)], flag.reason, "red_flags"))
        level = flag.level if level is None else min(level, flag.level)
    reason = "; ".join(dict.fromkeys(item.reason for item in evidence)) or "no red flag found"
    return Voice("red_flags", level, reason, tuple(evidence))


def _first(flag: Flag, text: str) -> tuple[int, int] | None:
    """The first place where the finding stands, not denied and not in the past."""
    for match in flag.pattern.finditer(text):
        start, end = match.span()
        if start == end or (not flag.negative and is_negated(text, start, end)):
            continue
        if not is_past(text, start, end):
            return start, end
    return None
