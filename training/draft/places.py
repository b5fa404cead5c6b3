"""Places nobody has heard of: the model is to copy what stands there, not to know it."""

import random

from training.draft.messages import noise

NAMES = (
    "Mill|Station|Church|Park|Oak|River|King|High|Harbour|Elm|Victoria|Bridge|School|Forest|Hill|"
    "Quay|Market|Orchard|Castle|Meadow|North|Chapel|Green"
)
KINDS = "Lane|Road|Street|Avenue|Drive|Walk|Close|Square|Way|Place|Parade|Court|Hill|Gardens"
SPOTS = (
    "kitchen|bathroom|garden|car park|third floor|ground floor|bus stop|platform 2|gym|pool|"
    "school yard|bedroom|stairs|office|playground|beach|supermarket|flat 4|flat 12|hallway|"
    "care home|library|pavement|lift"
)
SYLLABLES = (
    "ba be bo bra bu ca cha che ci cla cor da de dor du el en fa fe fi fo ga ge gra gu ha he hol "
    "hu ja je jo ka ke ki kra la le lin lo lu ma me mi mo mun na ne ni nor nu o pa pe pi plo po "
    "qui ra re ri ro ru sa sche se si so ste su ta te ti tor tra tu un va ve vi vol wa we wi wo "
    "xa ye za ze zu é è ö ü ä ñ ç ó ß ø å ł š"
)
FORMS = """
{n} {Name} {Kind}
{n} {Word} {Kind}
{Word} {Kind} {n}
{n} rue {Word}
{Word}straße {n}
calle {Word} {n}
{n} avenue de la {Word}
{Name} {Kind}
{Word} {Kind}, {spot}
{n} {Word} {Kind}, {spot}
{spot}
{Word} {spot}
{Word}, {Word}
Unit {n}, {Word} {Kind}
{Word} {Word} school
A{n} junction {m}
M{m} northbound near {Word}
Flat {m}, {n} {Word} {Kind}
{n}{letter} {Word} {Kind}
{Word}weg {n}{letter}
opposite {Word} {spot}
{word} {word}
Building {letter}, {Word} {Kind}, {Word}
{lat}, {lon}
track {m} north of {Word}
"""


def place(rng: random.Random) -> str:
    """A place, as people and machines write it."""
    if rng.random() < 0.02:
        return noise(rng, rng.randrange(4, 14))
    return rng.choice(FORMS.strip().split("\n")).format(
        n=rng.randrange(1, 400),
        m=rng.randrange(1, 40),
        Name=rng.choice(NAMES.split("|")),
        Kind=rng.choice(KINDS.split("|")),
        spot=rng.choice(SPOTS.split("|")),
        letter=rng.choice("ABCDEFabcdef"),
        Word=_Words(rng, capital=True),
        word=_Words(rng, capital=False),
        lat=f"{rng.uniform(-60, 60):.3f}",
        lon=f"{rng.uniform(-180, 180):.3f}",
    )


class _Words:
    """A new invented word each time it is formatted."""

    def __init__(self, rng: random.Random, *, capital: bool) -> None:
        self._rng, self._capital = rng, capital

    def __format__(self, _spec: str) -> str:
        syllables = SYLLABLES.split()
        word = "".join(self._rng.choice(syllables) for _ in range(self._rng.randrange(2, 5)))
        return word.capitalize() if self._capital else word
