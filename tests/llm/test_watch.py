"""A growing draft is checked line by line, and what is found is told once."""

from training.draft.examples import Facts, wanted_draft
from triage.llm.cards import load_cards
from triage.llm.facts import PatientFacts
from triage.llm.guard import Grounds
from triage.llm.watch import Watch

CARD = load_cards()["burn"]
GROUNDS = Grounds(CARD, PatientFacts(), 2)
GOOD = wanted_draft(Facts("", 2), CARD)
BAD = GOOD.replace("2. ", "2. Put butter on it.\n3. ", 1)


def _told(text, size, urgency=2):
    watch = Watch(GROUNDS)
    return [
        flags
        for at in range(0, len(text), size)
        if (flags := watch.read(text[at : at + size], urgency)) is not None
    ]


def test_a_good_draft_has_nothing_to_tell():
    assert _told(GOOD, 5) == []


def test_a_foreign_line_is_told_once_it_is_whole():
    (flags,) = _told(BAD, 3)
    (flag,) = flags
    assert BAD[flag["start"] : flag["end"]] == "2. Put butter on it."
    assert flag["reason"] == "not on the protocol card"


def test_a_level_that_changed_meanwhile_is_told():
    assert "the level is 0" in _told(GOOD, 9, urgency=0)[0][0]["reason"]


def test_a_draft_that_goes_on_is_checked_from_its_beginning():
    half = BAD[: BAD.index("Ask next:")]
    (flag,) = Watch(GROUNDS, half).read("Ask next:\n", 2)
    assert flag["text"] == "2. Put butter on it."
