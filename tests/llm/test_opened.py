"""The opening stands once, whatever the model begins with."""

import pytest

from triage.llm.cards import load_cards
from triage.llm.facts import PatientFacts
from triage.llm.opened import Opened
from triage.llm.prompts import opening

OPENING = opening(load_cards()["burn"], 2, PatientFacts("father", "male", "70 years", "Mill Lane"))


def _whole(text: str, size: int, start: str = OPENING) -> str:
    opened = Opened(start)
    return "".join(opened.take(text[at : at + size]) for at in range(0, len(text), size))


def test_it_has_every_fact():
    assert OPENING == (
        "Summary: Level 2, urgent: Burn or scald, father, male, 70 years, at Mill Lane.\n"
    )
    assert opening(load_cards()["burn"], 4, PatientFacts()) == (
        "Summary: Level 4, non-urgent: Burn or scald.\n"
    )


@pytest.mark.parametrize("size", [1, 2, 7, 500])
@pytest.mark.parametrize("start", ["", "\n", "Summary: something else.\n", "\nSummary: other\n\n"])
def test_it_stands_once_before_the_models_words(size, start):
    rest = "Tell the caller:\n1. Stay calm.\nSummary: again later"
    assert _whole(start + rest, size).replace("\n\n", "\n") == OPENING + rest


def test_a_draft_that_goes_on_is_left_alone():
    assert _whole("Summary: in the middle", 3, start="") == "Summary: in the middle"


def test_the_first_words_are_not_held_back():
    assert Opened(OPENING).take("T") == OPENING + "T"
    assert Opened(OPENING).take("S") == ""
