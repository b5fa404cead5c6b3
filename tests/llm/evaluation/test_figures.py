"""The figures count what they say: each fault moves its own number and no other."""

import pytest

from tests.llm.fake_engine import FakeEngine
from training.draft.examples import Facts, wanted_draft
from triage.classify.length import LengthPredictor
from triage.llm.cards import load_cards
from triage.llm.evaluation import figures, lengths, writing
from triage.llm.evaluation.cases import Case
from triage.llm.evaluation.writing import Written
from triage.llm.facts import PatientFacts
from triage.llm.guard import Grounds

CARD = load_cards()["burn"]
KNOWN = PatientFacts("father", "male", "70 years", "Mill Lane")
TEXT = wanted_draft(Facts("my dad", 2, 70.0, "male", "Mill Lane"), CARD)


def _case(labelled=None):
    return Case("1", Grounds(CARD, KNOWN, 2, "my dad"), [], labelled)


def _figures(text, labelled=None, stopped=True):
    return figures.figures([_case(labelled)], [Written(text, 100, stopped, 0.1, 50.0)])


def test_a_good_draft_is_good_in_every_respect():
    found = _figures(TEXT)
    for name in ("format_complete", "instructions_traceable", "drafts_traceable", "facts_right",
                 "facts_copied", "level_right", "stopped_by_itself"):  # fmt: skip
        assert found[name] == 1.0, name
    for name in ("hallucinated_facts", "flagged", "flagged_doses", "flagged_diagnoses",
                 "flagged_promises", "flagged_orders"):  # fmt: skip
        assert found[name] == 0, name


@pytest.mark.parametrize(
    ("before", "after", "name", "value"),
    [
        ("Ask next:", "Then ask:", "format_complete", 0.0),
        ("1. ", "1. Rub butter in and ", "drafts_traceable", 0.0),
        ("1. ", "1. Take two tablets. ", "flagged_doses", 1),
        ("70 years", "71 years", "hallucinated_facts", 1.0),
        ("70 years", "71 years", "facts_right", 0.0),
        (", at Mill Lane", "", "facts_right", 0.0),
        ("Level 2", "Level 4", "level_right", 0.0),
    ],
)
def test_a_fault_shows_in_its_figure(before, after, name, value):
    assert _figures(TEXT.replace(before, after, 1))[name] == value


def test_traceable_lines_are_counted_among_all_lines():
    found = _figures(TEXT.replace("1. ", "1. Rub butter in and ", 1))
    num_lines = 5 + 3 + 1 + len(CARD.escalate_if)
    assert found["instructions_traceable"] == pytest.approx(1 - 1 / num_lines, abs=1e-4)


def test_labelled_facts_are_the_judge_where_they_are_given():
    found = _figures(TEXT, labelled=PatientFacts("father", "male", "7 years", "Mill Lane"))
    assert (found["n_facts_labelled"], found["facts_right"]) == (1, 0.0)
    assert found["facts_copied"] == 1.0
    assert found["facts_by_kind"]["age"] == {"n": 1, "right": 0.0}
    assert found["facts_by_kind"]["who"] == {"n": 1, "right": 1.0}


def test_a_report_that_a_person_found_no_facts_in_is_labelled_too():
    found = _figures(TEXT, labelled=PatientFacts())
    assert (found["n_facts_labelled"], found["hallucinated_facts"]) == (1, 1.0)


async def test_drafts_are_opened_and_counted_as_in_service():
    rest = TEXT.split("\n", 1)[1]
    engine = FakeEngine(lambda _request: rest, size=10)
    (draft,) = await writing.write_all(engine, [_case()], max_tokens=300, at_once=1)
    assert draft.text == TEXT
    assert draft.stopped
    assert draft.num_tokens == -(-len(rest) // 10)
    assert engine.requests[0].continuation == TEXT.split("\n", 1)[0] + "\n"


def test_lengths_foretold_exactly_and_not_at_all():
    table = {"cells": {f"burn/{level}": 200 - 30 * level for level in range(5)},
             "levels": {}, "tokens_per_fact_char": 0.0, "mean_fact_chars": 0,
             "tokens_per_card_char": 0.0, "mean_card_chars": 0, "spread": [0.9, 1.1]}  # fmt: skip
    cases = [Case(str(u), Grounds(CARD, KNOWN, u), [], None) for u in range(5)]
    right = lengths.figures(LengthPredictor(table), cases, [200, 170, 140, 110, 80])
    assert right["table"]["kendall_tau"] == 1.0
    assert right["table"]["relative_error_mean"] == 0.0
    assert right["table"]["interval_coverage"] == 1.0
    wrong = lengths.figures(LengthPredictor(table), cases, [80, 110, 140, 170, 200])
    assert wrong["table"]["kendall_tau"] == -1.0
    assert wrong["table"]["interval_coverage"] == 0.2


def test_the_correction_learns_along_the_file():
    table = {"cells": {"burn/2": 100}, "levels": {}, "tokens_per_fact_char": 0.0,
             "mean_fact_chars": 0, "tokens_per_card_char": 0.0, "mean_card_chars": 0}  # fmt: skip
    cases = [_case() for _ in range(60)]
    found = lengths.figures(LengthPredictor(table), cases, [300] * 60)
    assert found["scale"] > 2.4
    assert found["corrected"]["relative_error_mean"] < 0.6 * found["table"]["relative_error_mean"]
