"""The texts of an epoch: hand-written messages, fresh variants, fresh ED records."""

import random
from dataclasses import dataclass

from training.urgency.build import split_of
from training.urgency.ed_records import Chief, read_chiefs, record
from training.urgency.families import Family, read_families
from training.urgency.variants import vary
from triage.classify.injection import without_instructions
from triage.classify.reading import read
from triage.classify.red_flags import red_flags
from triage.classify.understanding import language_of
from triage.classify.vitals import vitals_voice


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
    cleaned = without_instructions(text)
    reading = read(cleaned, language=language_of(cleaned))
    floors = [red_flags(cleaned, reading).level, vitals_voice(cleaned, None).level]
    floor = min((level for level in floors if level is not None), default=4)
    levels = (family.level, family.level_low, family.level_high)
    return Sample(reading.text, *levels, family.complaint, floor)


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
