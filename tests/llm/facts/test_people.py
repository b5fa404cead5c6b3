"""The patient is whom it happened to, not who tells it."""

import pytest

from triage.llm.facts.people import patient_in


@pytest.mark.parametrize(
    ("text", "who", "sex"),
    [
        ("my dad collapsed", "father", ""),
        ("mum cant get her words out", "mother", ""),
        ("son woke up at 5 crying", "son", ""),
        ("Husband's catheter bag is empty", "husband", ""),
        ("my mum says my brother fell", "brother", ""),
        ("I'm sure it's nothing, only that Dad has a funny colour, he won't wake", "father", ""),
        ("calling for my neighbour, she tripped", "neighbour", "female"),
        ("my friend, he cannot open his eyes", "friend", "male"),
        ("se cortó mi esposo la palma", "husband", ""),
        ("mi amiga me mandó un audio", "friend", "female"),
        ("ma voisine a glissé", "neighbour", "female"),
        ("meine Oma hat Nasenbluten", "grandmother", ""),
        ("a man of 63 with chest pain", "man", ""),
        ("the gentleman on the pavement", "man", ""),
        ("58M chest pain", "", "male"),
        ("83/F. fall", "", "female"),
        ("the lad is out walking, the older lady can't breathe", "woman", ""),
        ("he just dropped, he's not looking at anything", "", "male"),
    ],
)
def test_the_patient_is_found(text, who, sex):
    patient = patient_in(text)
    assert patient.who == who
    assert sex in ("", patient.sex)


@pytest.mark.parametrize(
    "text",
    [
        "my wife says my chest looks grey",
        "I cut my thumb, my husband is driving",
        "my daughter told me to ring, I have a rash",
        "I'm 35 weeks, baby is breech",
        "j'ai mal au ventre, ma fille est à l'école",
        "I've had my tablets and I feel dizzy, my son is with me",
        "I'm not going to do anything, I've promised my sister",
        "I have kind of a thick tongue",
    ],
)
def test_the_caller_is_the_patient(text):
    assert patient_in(text).who == "caller"


@pytest.mark.parametrize(
    "text",
    [
        "five people hurt",
        "all three of us have headaches",
        "my mum and my dad are both sick",
        "two members hit by lightning, one sat up, the other has no pulse",
        "coach on its side, approx 15 patients",
    ],
)
def test_several_patients_are_not_made_one(text):
    assert patient_in(text).who == "several people"


@pytest.mark.parametrize(
    "text",
    [
        "took her mum's sleeping tablets",
        "her husband brings a 70-year-old with home oxygen",
        "Son las tres y no se despierta",
        "my son pushed his sister down the stairs",
        "Baby poked me in the eye",
    ],
)
def test_nobody_is_guessed(text):
    assert patient_in(text).who == ""


def test_a_helpers_pronoun_is_not_the_patients():
    assert patient_in("my wife is a nurse, she says call, patient on the floor").sex == ""
