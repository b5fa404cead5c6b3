"""The texts of an epoch: hand-written messages, fresh variants, fresh ED records."""

import json
import random
from dataclasses import dataclass
from pathlib import Path

from training.urgency.build import split_of
from training.urgency.ed_records import Chief, read_chiefs, record
from training.urgency.families import Family, read_families
from training.urgency.variants import vary
from triage.classify.injection import without_instructions
from triage.classify.reading import read
from triage.classify.red_flags import red_flags
from triage.classify.understanding import language_of
from triage.classify.vitals import vitals_voice

DEVELOPMENT = Path(__file__).parent / "independent" / "development.jsonl"
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


def sample(family: Family, text: str) -> Sample:
    """A sample of a message, with everything that serving does to it."""
    return _sample(text, family.level, family.level_low, family.level_high, family.complaint)


def _sample(
    text: str, level: int, low: int, high: int, complaint: str, *,
    age_years: float | None = None, sex: str = "",
) -> Sample:  # fmt: skip
    cleaned = without_instructions(text)
    reading = read(cleaned, age_years=age_years, sex=sex, language=language_of(cleaned))
    floors = [red_flags(cleaned, reading).level, vitals_voice(cleaned, age_years).level]
    floor = min((found for found in floors if found is not None), default=4)
    return Sample(reading.text, level, low, high, complaint, floor)


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
            found.append(sample(family, family.text))
            found += [sample(family, vary(family, rng)) for _ in range(num_variants)]
        for chief in self.chiefs:
            made = [record(chief, rng, self.chiefs) for _ in range(num_records)]
            found += [sample(family, family.text) for family in made]
        return found
