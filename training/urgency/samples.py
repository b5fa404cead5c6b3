"""The texts of an epoch: hand-written messages, fresh variants, fresh ED records."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.urgency.asides import MAX_CHARS, Mixed, Span, with_asides
from training.urgency.ed_records import Chief, read_chiefs, record
from training.urgency.families import Family, read_families, split_of
from training.urgency.variants import vary
from triage.classify.injection import without_instructions
from triage.classify.reading import Reading, read
from triage.classify.red_flags import red_flags
from triage.classify.understanding import language_of
from triage.classify.vitals import vitals_voice

DEVELOPMENT = Path(__file__).parent / "independent" / "development.jsonl"
ASIDE_SHARE = 0.5  # of the variants
UNKNOWN_COMPLAINT = "unclear"  # stands in where a set has complaints of its own


@dataclass(frozen=True, slots=True)
class Sample:
    """One text as the encoder reads it, and what it must learn from it."""

    reading: str
    level: int
    level_low: int
    level_high: int
    complaint: str
    floor: int  # the most urgent level of red flags and vital signs; 4 when they are silent
    asides: tuple[Span, ...] = ()  # characters of the reading that are beside the point
    rambles: bool = False  # its own words may be beside the point as well: they teach no asides


def varied(family: Family, rng: random.Random) -> Mixed:
    """A variant of a message, often with asides of its family's own split."""
    text = vary(family, rng)
    if len(text) > MAX_CHARS or rng.random() > ASIDE_SHARE:
        return Mixed(text)
    return with_asides(text, (split_of(family.family),), rng)


def sample(family: Family, mixed: Mixed) -> Sample:
    """A sample of a message, with everything that serving does to it."""
    return _sample(
        mixed.text, family.level, family.level_low, family.level_high, family.complaint,
        asides=mixed.asides, rambles="long-story" in family.tags,
    )  # fmt: skip


def _sample(
    text: str, level: int, low: int, high: int, complaint: str, *,
    age_years: float | None = None, sex: str = "", asides: Sequence[Span] = (),
    rambles: bool = False,
) -> Sample:  # fmt: skip
    cleaned = without_instructions(text)
    reading = read(cleaned, age_years=age_years, sex=sex, language=language_of(cleaned))
    floors = [red_flags(cleaned, reading).level, vitals_voice(cleaned, age_years).level]
    floor = min((found for found in floors if found is not None), default=4)
    spans = tuple(_in_reading(reading, span) for span in asides)
    return Sample(reading.text, level, low, high, complaint, floor, spans, rambles)


def _in_reading(reading: Reading, span: Span) -> Span:
    """The characters of the reading that stand for a stretch of the message; (0, 0) for none."""
    inside = [i for i, start in enumerate(reading.starts) if span[0] <= start < span[1]]
    return (inside[0], inside[-1] + 1) if inside else (0, 0)


def development_samples(path: Path = DEVELOPMENT) -> list[Sample]:
    """The independent writer's messages, to calibrate by: nothing is trained on them."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        low, high = row.get("level_low", row["level"]), row.get("level_high", row["level"])
        found.append(
            _sample(row["text"], row["level"], low, high, UNKNOWN_COMPLAINT,
                    age_years=row.get("age_years"), sex=row.get("sex", ""))
        )  # fmt: skip
    return found


class Source:
    """Families and chief complaints of some splits."""

    def __init__(self, splits: tuple[str, ...]) -> None:
        self.families: list[Family] = [f for f in read_families() if split_of(f.family) in splits]
        self.chiefs: list[Chief] = [c for c in read_chiefs() if split_of(c.family) in splits]

    def epoch(self, num_variants: int, num_records: int, rng: random.Random) -> list[Sample]:
        """The messages themselves, `num_variants` of each, `num_records` of each complaint."""
        found = []
        for family in self.families:
            found.append(sample(family, Mixed(family.text)))
            found += [sample(family, varied(family, rng)) for _ in range(num_variants)]
        for chief in self.chiefs:
            made = [record(chief, rng, self.chiefs) for _ in range(num_records)]
            found += [sample(family, Mixed(family.text)) for family in made]
        return found
