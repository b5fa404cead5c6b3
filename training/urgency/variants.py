"""Many ways of saying one base message: openers, fillers, people, places, typos, shorthand.

A variant keeps its base message's family (the line's number), so that a split by family never
puts near-duplicates on both sides.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MESSAGES = Path(__file__).parent / "messages.txt"
OPENERS = (
    "",
    "",
    "",
    "",
    "hello, ",
    "please help, ",
    "hi, I need advice, ",
    "come quick, ",
    "yes hello ",
    "emergency, ",
    "good morning, ",
    "sorry to bother you, ",
    "I don't know what to do, ",
    "dispatch, ",
    "caller states: ",
    "pt: ",
    "CC: ",
    "from the nursing home: ",
    "it's my neighbour, ",
    "I'm calling for a friend: ",
    "quick question, ",
    "oh god ",
    "control, ",
    "note: ",
)
CLOSERS = (
    "",
    "",
    "",
    "",
    " please hurry",
    " what should I do",
    " thank you",
    " we are at home",
    " I am alone with them",
    ", since about an hour",
    " call me back",
    ", second floor",
    " he is so scared",
    " no known illness",
    ", takes no tablets",
    " sorry if this is nothing",
    " it's really bad",
    ", address follows",
    " (translated)",
    ", patient is at work",
)
CALM_STORY = (
    "We had a quiet day and I was about to make dinner. ",
    "It is probably nothing, my daughter told me to ring. ",
    "He was fine this morning and went for a walk with the dog. ",
    "I have been on hold for a while, but here is the thing: ",
    "So yesterday we were at the lake, lots of people there, nice weather, anyway, ",
    "My husband says I always worry too much. ",
)
SHORTHAND = (
    ("short of breath", "SOB"),
    ("chest pain", "CP"),
    ("heart rate", "HR"),
    ("years old", "yo"),
    ("blood pressure", "BP"),
    ("unconscious", "uncons"),
    ("patient", "pt"),
    ("with", "w/"),
    ("history of", "hx"),
    ("temperature", "temp"),
    ("and", "&"),
    ("left", "L"),
    ("right", "R"),
)
SLIPS = (("ou", "u"), ("ght", "t"), ("ee", "e"), ("th", "t"), ("ing", "in"), ("ck", "k"), ("'", ""))
PEOPLE = (
    ("my dad", "my uncle"),
    ("my dad", "my colleague"),
    ("mum", "auntie"),
    ("she ", "he "),
    ("he ", "she "),
    ("my husband", "my wife"),
    ("my son", "my daughter"),
    ("grandma", "grandpa"),
    ("my brother", "my flatmate"),
    ("his ", "her "),
)


@dataclass(frozen=True, slots=True)
class Base:
    """One hand-written message."""

    family: int
    complaint: str
    level: int
    text: str


def read_bases() -> list[Base]:
    """The base messages, in the file's order."""
    lines = MESSAGES.read_text(encoding="utf-8").splitlines()
    rows = [line.split("|", 2) for line in lines if line.strip() and not line.startswith("#")]
    return [Base(number, row[0], int(row[1]), row[2]) for number, row in enumerate(rows)]


def variants(base: Base, count: int, rng: random.Random) -> Iterator[str]:
    """The message itself and `count` - 1 variants."""
    yield base.text
    for _ in range(count - 1):
        yield vary(base.text, rng)


def vary(text: str, rng: random.Random) -> str:
    """One variant; the meaning stays."""
    if rng.random() < 0.35:
        old, new = rng.choice(PEOPLE)
        text = text.replace(old, new, 1)
    if rng.random() < 0.2:
        for old, new in rng.sample(SHORTHAND, 4):
            text = text.replace(old, new)
    text = rng.choice(OPENERS) + text + rng.choice(CLOSERS)
    if rng.random() < 0.12:
        text = rng.choice(CALM_STORY) + text
    if rng.random() < 0.2:
        text = f"{rng.choice(('', 'M ', 'F ', 'age '))}{rng.randrange(18, 95)}: {text}"
    if rng.random() < 0.25:
        text = misspelt(text, rng)
    roll = rng.random()
    if roll < 0.08:
        return text.upper()
    return text[:1].upper() + text[1:] if roll < 0.4 else text


def misspelt(text: str, rng: random.Random) -> str:
    """Some slips of the finger and of the ear."""
    old, new = rng.choice(SLIPS)
    text = text.replace(old, new, 2)
    for _ in range(1 + len(text) // 60):
        at = rng.randrange(len(text))
        kind = rng.randrange(3)
        if kind == 0:
            text = text[:at] + text[at + 1 :]
        elif kind == 1:
            text = text[:at] + text[at : at + 1] + text[at:]
        else:
            text = text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]
    return text
