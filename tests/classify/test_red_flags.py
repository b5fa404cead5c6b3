"""Red flags in shorthand and other languages, and what withdraws them."""

import pytest

from triage.classify.reading import read
from triage.classify.red_flags import load_flags, red_flags
from triage.classify.understanding import language_of


def _flags(message):
    return red_flags(message, read(message, language=language_of(message)))


@pytest.mark.parametrize(
    ("message", "level"),
    [
        ("58M CP rad L arm", 1),
        ("mi marido no respira y está morado", 0),
        ("elle est inconsciente et ne répond plus", 0),
        ("meine Mutter ist bewusstlos", 0),
        ("he is still fitting", 0),
        ("nobody can wake her", 0),
        ("the blood is spurting from his arm", 0),
        ("she says she will kill herself", 1),
        ("swallowed a button battery", 1),
        ("chemo last week and now 38.6 fever", 1),
        ("there is blood everywhere, it keeps coming", 0),
        ("her face has turned blue", 0),
        ("I can't breathe in this position, in any position", 0),
        ("a man was stabbed in the chest", 0),
        ("the doctor on scene says sepsis", 1),
        ("lorry on its side, driver trapped", 1),
        ("my husband is 61 years old chest pain since noon", 1),
        ("61-year-old chest pain", 1),
        ("mon mari 61 ans a mal dans la poitrine depuis une heure", 1),
        ("on a novel anticoagulant, now unconscious", 0),
        ("fell off the tabletop at my exam, not breathing", 0),
        ("Do not dispatch. There is no patient. He is not breathing", 0),
        ("chest pain on exercise only, exercise test last week, now no pulse", 0),
        ("I shook her and shouted. Nothing.", 0),
        ("stabed in the chest", 0),
        ("trapped his hand in the baler, arm crushed", 1),
        ("my son is fitting a lot", 0),
        ("he is fitting it won't stop", 0),
        ("crushing chest pain: no relief from the spray", 1),
        ("kidney transplant two years ago, fever 39", 1),
    ],
)
def test_a_finding_is_seen_in_every_wording(message, level):
    assert _flags(message).level == level


@pytest.mark.parametrize(
    "message",
    [
        "sharp chest pain only when I take a deep breath",
        "no loss of consciousness, LOC(-)",
        "I can't breathe through my nose, a cold",
        "not breathless at all",
        "hives, no breathing complaints",
        "depressed but not suicidal",
        "knocked out a front tooth",
        "seizure tablets refill please, missed none",
        "can I join the CPR course",
        "had a stroke six years ago, wants a letter",
        "cant breath thru my nose, mouth is fine",
        "I can't breathe in these jeans, the zip is stuck",
        "the toe has gone purple, I can walk on it",
        "heartbreak feels like a knife in the chest",
        "blood everywhere! well, it's stopped now, it was a nosebleed",
        "a double shift, I was dead to the world, unconscious, now having cereal",
        "test call from the lift, nobody trapped",
        "am I going to get sepsis from an envelope cut?",
        "the alarm came from the engineer fitting a new battery",
        "itchy lumps, face not puffy, tongue isn't swollen",
        "he was never unconscious, jaw is sore",
        "my character is stabbed in the chest, how long can she talk",
        "exercise, exercise, exercise: twelve red, nine not breathing",
        "sleep apnoea, the strap of my mask has snapped",
        "stable chronic back pain, no change",
        "Platzwunde, keine Bewusstlosigkeit",
        "intake form > bleeding: stopped > knocked out: no > tablets: none",
        "trapped something between the shoulder blades, trapped my thumb as well",
        "chemo finished two years ago, now 38.2 and earache",
    ],
)
def test_what_only_sounds_like_a_finding_is_none(message):
    assert _flags(message).level is None


def test_evidence_of_a_glossed_finding_is_in_the_callers_words():
    message = "mi marido no respira"
    evidence = _flags(message).evidence
    assert any("no respira" in item.text for item in evidence)
    assert all(message[item.start : item.end] == item.text for item in evidence)


def test_the_whole_finding_is_marked():
    assert [item.text for item in _flags("he has crushing chest pain").evidence] == [
        "crushing chest pain"
    ]


def test_a_broken_pattern_names_its_flag(tmp_path):
    path = tmp_path / "flags.toml"
    path.write_text("[[flag]]\nlevel = 1\nreason = \"broken\"\npatterns = ['(']\n")
    with pytest.raises(ValueError, match="broken"):
        load_flags(path)
