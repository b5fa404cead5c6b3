"""The draft guard flags what a dispatcher should look at twice, and nothing else."""

import pytest

from training.draft.examples import Facts, wanted_draft
from triage.llm.cards import load_cards
from triage.llm.guard import check

CARDS = load_cards()
FACTS = Facts("my dad has a burn", 1, 70.0, "male", "14 Mill Lane")
GOOD = wanted_draft(FACTS, CARDS["burn"])


def _reasons(text, **facts):
    values = {"age_years": 70.0, "location": "14 Mill Lane", **facts}
    return [flag.reason for flag in check(text, CARDS["burn"], **values)]


@pytest.mark.parametrize("slug", CARDS)
def test_a_draft_made_from_its_card_has_no_flags(slug):
    for level in range(5):
        facts = Facts("my dad", level, 70.0, "male", "14 Mill Lane")
        text = wanted_draft(facts, CARDS[slug])
        assert check(text, CARDS[slug], age_years=70.0, location="14 Mill Lane") == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2. Put butter on it and wait.", "not on the protocol card"),
        ("2. Give 500 mg of paracetamol.", "names a dose"),
        ("2. He has a heart attack.", "sounds like a diagnosis"),
        ("2. The ambulance will arrive in 5 minutes.", "promises a time of arrival"),
    ],
)
def test_a_foreign_line_is_flagged_where_it_stands(line, reason):
    lines = GOOD.split("\n")
    lines[3] = line
    text = "\n".join(lines)
    flags = check(text, CARDS["burn"], age_years=70.0, location="14 Mill Lane")
    assert reason in [flag.reason for flag in flags]
    assert all(text[flag.start : flag.end] == line for flag in flags)


def test_invented_facts_are_flagged():
    assert any("7 years" in reason for reason in _reasons(GOOD.replace("70 years", "7 years")))
    assert any("Elm" in reason for reason in _reasons(GOOD.replace("14 Mill Lane", "2 Elm Close")))
    assert any("no age" in reason for reason in _reasons(GOOD, age_years=None))


def test_missing_sections_are_named():
    assert any("Raise the level if" in reason for reason in _reasons(GOOD.split("Raise")[0]))


def test_a_growing_draft_is_checked_by_whole_lines():
    growing = GOOD[: len(GOOD) // 2]
    assert check(growing, CARDS["burn"], age_years=70.0, location="14 Mill Lane",
                 complete=False) == []  # fmt: skip
