"""Fields first, then words; of two possibilities none."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.draft.messages import read_messages
from triage.llm.facts import PatientFacts, find_facts
from triage.llm.facts.place import place_in
from triage.llm.prompts import known_facts


def test_the_reports_fields_stand():
    facts = find_facts("my dad, 58, at 3 Oak Road", age_years=70, sex="male", location="Mill Lane")
    assert facts == PatientFacts("father", "male", "70 years", "Mill Lane")


def test_what_only_the_message_says_is_found():
    facts = find_facts("my mother (82) fell in the kitchen, flat 4, 12 Oak Road")
    assert facts == PatientFacts("mother", "female", "82 years", "flat 4, 12 Oak Road")


def test_of_two_ages_none_is_chosen():
    assert find_facts("a 30 year old and a 40 year old fell").age == ""
    assert find_facts("five hurt, one is 30 years old, five people hurt").age == ""


def test_the_callers_age_is_not_the_patients():
    assert find_facts("I'm 22 and my mum collapsed").age == ""
    assert find_facts("my chest hurts, I'm 22").age == "22 years"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("come to 14 Mill Lane please", "14 Mill Lane"),
        ("at 14 station road now", "14 station road"),
        ("chute au 12 rue des Lilas", "12 rue des Lilas"),
        ("en la calle Mayor 12, rápido", "calle Mayor 12"),
        ("Hauptstraße 5, dritter Stock", "Hauptstraße 5"),
        ("crash on the M25 northbound junction 9", "M25 northbound junction 9"),
        ("a man collapsed in Hyde Park", "Hyde Park"),
        ("Security at the library: 25 male", "library"),
        ("update from Elmwood care home: 88 female", "Elmwood care home"),
        ("he is not in the kitchen", ""),
        ("fell in the garden last week", ""),
        ("from the kitchen to the garden, in the kitchen or in the garden", ""),
        ("headache for 2 weeks on and off", ""),
    ],
)
def test_a_place_is_in_the_callers_words(text, place):
    assert place_in(text) == place


@given(st.text(max_size=300))
def test_any_text_is_survived(text):
    facts = find_facts(text)
    assert facts.place in " ".join(text.split())


@pytest.mark.parametrize("piece", ["my dad and ", "the old 12 ", "a ", "14 Mill ", "I am ", "58M "])
def test_a_very_long_message_is_looked_through_in_no_time(piece):
    started = time.perf_counter()
    known_facts(piece * 20_000)
    assert time.perf_counter() - started < 2


NUMBER_WORD = re.compile(
    r"(?i)\b(?:one|two|three|four|five|six|seven|eight|nine|ten|\w*teen|\w+ty"
    r"|une?|deux|trois|quatre|cinq|sept|huit|neuf|dix|\w+ze|vingt\w*|\w+ante"
    r"|uno?|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|\w+[ei]nta|veinti?\w*"
    r"|eine?[rn]?|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|\w+zehn|\w+zig)\b"
)


def test_nothing_is_invented_on_our_own_messages():
    """Every age's number and every place stand in the message."""
    for _complaint, _level, text in read_messages("held-out"):
        facts = find_facts(text)
        assert facts.place in " ".join(text.split())
        number = re.match(r"\d+", facts.age)
        if number and number[0] not in text:
            assert NUMBER_WORD.search(text), (facts.age, text)
