"""What the encoder is given: words for numbers, shorthand and other languages."""

import pytest

from triage.classify.reading import read


def test_shorthand_is_put_into_words():
    text = read("58M CP rad L arm diaphoretic").text
    assert "chest pain" in text
    assert "left arm" in text
    assert "sweating" in text


def test_numbers_become_words_that_depend_on_the_age():
    assert "pulse very fast" in read("HR 140, 40 yo").text
    assert "vital signs normal" in read("HR 120, 2 years old").text


def test_fahrenheit_and_mg_per_dl_are_understood():
    assert "high fever" in read("temp 103.1 F").text
    assert "blood sugar low" in read("glucose 48 mg/dl").text


@pytest.mark.parametrize(
    ("message", "language", "words"),
    [
        (
            "mi padre no respira y está inconsciente",
            "es",
            ("father", "not breathing", "unconscious"),
        ),
        ("ma mère a une douleur dans la poitrine", "fr", ("mother", "chest pain")),
        ("Oma ist gestürzt, starke Schmerzen in der Hüfte", "de", ("grandmother", "fell", "hip")),
        ("kein Puls", "", ("no pulse",)),
    ],
)
def test_other_languages_are_glossed(message, language, words):
    text = read(message, language=language).text
    assert all(word in text for word in words)


def test_english_that_looks_foreign_is_left_alone():
    assert read("he might die in pain, main road").text == "he might die in pain, main road"


@pytest.mark.parametrize(
    "message",
    ["58M CP rad L arm", "mi padre no respira nada", "HR 140 BP 80/50 after a fall", "plain words"],
)
def test_every_character_knows_where_it_came_from(message):
    reading = read(message)
    assert len(reading.text) == len(reading.starts) == len(reading.ends)
    assert all(-1 <= at < len(message) for at in reading.starts)
    assert all(-1 <= at <= len(message) for at in reading.ends)


def test_a_replaced_stretch_points_at_the_callers_words():
    message = "58M CP since noon"
    reading = read(message)
    start = reading.text.index("chest pain")
    span = reading.span(start, start + len("chest pain"))
    assert message[slice(*span)] == "CP"


def test_age_and_sex_from_the_form_are_read_too():
    assert read("chest hurts", age_years=80, sex="F").text.startswith("elderly female")


def test_spelling_makes_no_difference_to_what_is_read():
    assert read("gray, with diarrhea").text == read("grey, with diarrhoea").text
    reading = read("She is gray")
    assert reading.span(len(reading.text) - 4, len(reading.text)) == (7, 11)
