"""The training data: consistent, split by family, and what the builder makes of it."""

import random

from training.urgency.asides import SECTIONS, Mixed, read_asides, with_asides
from training.urgency.build import GROUPS, rows
from training.urgency.ed_records import read_chiefs, record
from training.urgency.families import read_families, split_of
from training.urgency.lint import figures, problems, read_rows
from training.urgency.samples import sample
from training.urgency.variants import vary


def test_the_data_has_no_contradictions():
    assert problems(read_rows()) == []


def test_there_is_enough_of_it_and_of_every_kind():
    found = figures(read_rows())
    assert found["messages"] >= 4000
    assert found["complaints"] >= 40
    assert min(found["by_level"].values()) >= 300
    assert set(found["by_split"]) == {"train", "validation", "held-out"}


def test_the_files_are_what_the_builder_writes():
    built = {row["id"]: row["text"] for row in rows(num_variants=1, num_records=2, seed=11)}
    stored = {row["id"]: row["text"] for row in read_rows()}
    assert built == stored


def test_every_complaint_has_a_file():
    slugs = {family.complaint for family in read_families()}
    assert slugs == {slug for members in GROUPS.values() for slug in members}


def test_a_family_is_always_in_the_same_split():
    assert split_of("core-2") == split_of("core-2")
    assert {split_of(f"f{number}") for number in range(200)} == {"train", "validation", "held-out"}


def test_variants_differ_from_their_message_and_from_each_other():
    family = next(f for f in read_families() if f.level == 1 and len(f.text) > 60)
    made = {vary(family, random.Random(seed)) for seed in range(20)}
    assert len(made) > 15


def test_records_with_critical_vital_signs_are_never_calm():
    rng = random.Random(5)
    for chief in read_chiefs()[:80]:
        for _ in range(5):
            made = record(chief, rng)
            assert made.level_low <= made.level <= made.level_high
            assert made.level <= chief.level


def test_asides_stand_around_a_message_that_stays_whole():
    text = "He fell off the wall. His wrist is bent. He is awake."
    for seed in range(60):
        mixed = with_asides(text, ("train",), random.Random(seed))
        left = mixed.text
        for start, end in reversed(mixed.asides):
            assert mixed.text[start:end].strip()
            left = left[:start] + left[end:]
        kept = [word.strip(".,-") for word in left.split()]
        assert [word for word in kept if word] == [word.strip(".") for word in text.split()]


def test_every_split_has_asides_of_its_own():
    splits = [read_asides((name,)) for name in ("train", "validation", "held-out")]
    for section in SECTIONS:
        lines = [set(split[section]) for split in splits]
        assert all(lines)
        assert sum(map(len, lines)) == len(set.union(*lines))


def test_the_reading_knows_where_its_asides_are():
    family = next(f for f in read_families() if f.family == f.id and f.tags == ())
    aside = "The hedge is overgrown."
    made = sample(family, Mixed(f"{aside} {family.text}", ((0, len(aside)),)))
    assert [made.reading[start:end] for start, end in made.asides] == [aside]
