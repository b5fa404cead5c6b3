"""Only numbers said to be somebody's age are ages."""

import pytest

from triage.llm.facts import format_age
from triage.llm.facts.age import ages_in


def _words(text):
    return sorted({age.words for age in ages_in(text)})


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("58M CP rad L arm", "58 years"),
        ("EMS: 50/M insulin, unresp", "50 years"),
        ("hip pain. 67F. BP 172/90", "67 years"),
        ("M, 24. Vitals WNL", "24 years"),
        ("F62 collapse", "62 years"),
        ("a 62-year-old with cirrhosis", "62 years"),
        ("62 y/o, confused", "62 years"),
        ("my six year old fell", "6 years"),
        ("Woman of fifty-nine, light-headed", "59 years"),
        ("aged 81, no thinners", "81 years"),
        ("he is 79, what now", "79 years"),
        ("im 24. should i come in", "24 years"),
        ("my mum, 66, has a rash", "66 years"),
        ("my father (78) fell", "78 years"),
        ("6 week old baby, fever", "6 weeks"),
        ("10-week infant, limp", "10 weeks"),
        ("baby six weeks, 38.3", "6 weeks"),
        ("8 mo, cough", "8 months"),
        ("F, 20s, tearful", "20s"),
        ("tiene 62 años y le duele", "62 years"),
        ("mi bebé de nueve meses", "9 months"),
        ("homme de 54 ans", "54 years"),
        ("mon fils de 3 mois", "3 months"),
        ("eine 84-jährige Frau", "84 years"),
        ("er ist 70 Jahre alt", "70 years"),
    ],
)
def test_an_age_is_found(text, age):
    assert _words(text) == [age]


@pytest.mark.parametrize(
    "text",
    [
        "prostate trouble for 20 years",
        "stroke 5 years ago",
        "I'm 35 weeks, baby is breech",
        "34 weeks pregnant with a headache",
        "T 38.3 HR 118 RR 24",
        "temp 102F since noon",
        "crash on the M25 at junction 9",
        "loc 51.45,-2.58 ±12m",
        "took 50 x paracetamol",
        "tombé il y a 5 ans",
        "desde hace 3 años",
        "seit 20 Jahren Asthma",
        "when she was 12 she had fits",
        "my amitriptyline 50s, eight short",
        "I'm 38.3 and shivery",
        "fell 6 metres",
    ],
)
def test_other_numbers_are_no_ages(text):
    assert _words(text) == []


def test_whose_age_it_is_is_kept():
    owners = {age.words: age.owner for age in ages_in("I'm 22 and my mum, 66, fell")}
    assert owners == {"22 years": "caller", "66 years": "mother"}


def test_ages_read_as_people_say_them():
    said = [format_age(years) for years in (3 / 365, 0.12, 0.25, 1.5, 2, 70.4)]
    assert said == ["3 days", "6 weeks", "3 months", "18 months", "2 years", "70 years"]
    assert [format_age(years) for years in (1 / 365.25, 1 / 52)] == ["1 day", "7 days"]
