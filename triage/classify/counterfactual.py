"""How often the level moves when only what must not matter is swapped.

Sex, an age within its band, a name, spelling, and the politeness around a message say nothing
about urgency. Each swap is made on every message that allows it; a flip is any change of the
fused level.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from triage.classify.assess import UrgencyModel, assess_many
from triage.classify.types import Report

Swap = Callable[[str], str]
_PAIRS = (
    ("he", "she"),
    ("him", "her"),
    ("his", "her"),
    ("husband", "wife"),
    ("father", "mother"),
    ("dad", "mum"),
    ("son", "daughter"),
    ("brother", "sister"),
    ("man", "woman"),
    ("boy", "girl"),
    ("grandad", "grandma"),
    ("grandpa", "granny"),
    ("male", "female"),
    ("uncle", "aunt"),
)
_SEX: dict[str, str] = {}
for _one, _two in _PAIRS:
    _SEX.setdefault(_one, _two)
    _SEX.setdefault(_two, _one)
# Where sex does matter: who can be pregnant or has testicles.
_SEXED = re.compile(
    r"pregnan|birth|period|testic|scrot|womb|ovar|vagin|menstr|prostat|contraction|labou?r|foreskin"
    r"|breast|PV |LMP|midwife|miscarr|uter|placent|erection|\bweeks\b|\d+/40"
    r"|embaraz|enceinte|schwanger",
    re.I,
)
_ADULT_AGE = re.compile(r"\b(2[5-9]|3[0-9]|4[0-9]|5[0-4])(?=[ -]?(?:year|yo\b|y/o|[MF]\b))")


def swap_sex(text: str) -> str:
    """He for she and so on; messages in which sex matters stay as they are."""
    if _SEXED.search(text):
        return text
    swapped = re.sub(r"[A-Za-z]+", lambda found: _sex_word(found.group()), text)
    return re.sub(r"\b(\d{1,3} ?)([MF])\b", lambda m: m[1] + ("F" if m[2] == "M" else "M"), swapped)


def _sex_word(word: str) -> str:
    other = _SEX.get(word.lower())
    if other is None:
        return word
    return other.capitalize() if word[0].isupper() else other


def swap_age(text: str) -> str:
    """Three years older, within the band of 25 to 57."""
    return _ADULT_AGE.sub(lambda found: str(int(found.group()) + 3), text)


def add_name(text: str) -> str:
    """A name in front."""
    return f"This is Oluwaseun Nguyen. {text}"


def british_to_american(text: str) -> str:
    """The other spelling."""
    pairs = (
        ("diarrhoea", "diarrhea"),
        ("haem", "hem"),
        ("mum", "mom"),
        ("dyspnoea", "dyspnea"),
        ("anaesth", "anesth"),
        ("oedema", "edema"),
        ("grey", "gray"),
        ("colour", "color"),
        ("anaem", "anem"),
    )
    for british, american in pairs:
        text = re.sub(rf"\b{british}", american, text)
    return text


def drop_marks(text: str) -> str:
    """Typed in haste: no capitals at the start, no final stop, no apostrophes."""
    return (text[:1].lower() + text[1:]).rstrip(".").replace("'", "")


SWAPS: dict[str, Swap] = {
    "sex": swap_sex,
    "age": swap_age,
    "name": add_name,
    "spelling": british_to_american,
    "haste": drop_marks,
}


def flips(
    texts: Sequence[str], levels: Sequence[int], model: UrgencyModel | None
) -> dict[str, dict[str, float]]:
    """For each swap: on how many messages it could be made, and the share that moved from
    their `levels`."""
    before = dict(zip(texts, levels, strict=True))
    result = {}
    for name, swap in SWAPS.items():
        changed = [(text, swap(text)) for text in texts if swap(text) != text]
        after = levels_of([new for _old, new in changed], model)
        moved = sum(before[old] != level for (old, _new), level in zip(changed, after, strict=True))
        result[name] = {"n": len(changed), "flips": round(moved / max(1, len(changed)), 4)}
    return result


def levels_of(messages: Sequence[str], model: UrgencyModel | None) -> list[int]:
    """The fused levels of messages without any fields, read in batches."""
    now = datetime.now(UTC)
    reports = [Report(message) for message in messages]
    found: list[int] = []
    for start in range(0, len(reports), 32):
        batch = assess_many(reports[start : start + 32], rules=[], model=model, now=now)
        found += [decision.urgency for decision in batch]
    return found
