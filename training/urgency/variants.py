"""Other ways to say a message: synonyms, slips, registers, stories around it; the level stays."""

import random
import re

from training.urgency import words
from training.urgency.families import Family
from triage.classify.counterfactual import drop_marks, swap_sex

FOREIGN = ("spanish", "french", "german")
CHILD_WORDS = re.compile(
    r"bab|infant|toddler|child|newborn|\bkid|son\b|daughter|boy|girl|year|month|week|\bmo\b|teen|school|"
    r"\d\s?[MF]\b|\b[MF]\b|grand|gran\b|\byo\b", re.I
)  # fmt: skip


def vary(family: Family, rng: random.Random) -> str:
    """One variant of a hand-written message."""
    text = family.text
    if any(tag in FOREIGN for tag in family.tags):
        return surface(text, rng)
    if family.complaint == "unclear":
        return surface(text, rng) if rng.random() < 0.7 else rng.choice(words.OPENERS) + text
    for _ in range(3):
        if rng.random() < 0.5:
            text = _synonym(text, rng)
    text = _around(text, family, rng)
    if rng.random() < 0.25:
        text = swap_sex(text)
    return surface(text, rng)


def _around(text: str, family: Family, rng: random.Random) -> str:
    if rng.random() < 0.35:
        text = rng.choice(words.OPENERS) + text
    elif rng.random() < 0.2:
        who = f"{rng.choice(words.FIRST_NAMES)} {rng.choice(words.LAST_NAMES)}"
        text = rng.choice(words.INTRODUCTIONS).format(who) + text
    if rng.random() < 0.15:
        denial, not_of = rng.choice(words.NEGATIONS)
        text = text.rstrip(".") + denial if family.complaint not in not_of else text
    if family.level > 0 and family.complaint not in ("non-medical",) and rng.random() < 0.2:
        text = text.rstrip(".") + "." + _calm_vitals(rng)
    if rng.random() < 0.15:
        text = text.rstrip(".") + "." + rng.choice(words.HISTORIES)
    if rng.random() < 0.35:
        text += rng.choice(words.CLOSERS)
    if rng.random() < 0.06:
        text = rng.choice(words.RELAYS).format(text)
    if not CHILD_WORDS.search(text) and rng.random() < 0.2:
        text = _adult(rng) + text
    return text


def _adult(rng: random.Random) -> str:
    age, sex = rng.randrange(24, 70), rng.choice("MF")
    return rng.choice((f"{age}{sex} ", f"{age}{sex}, ", f"{age} yo {sex}: ", f"{age} year old. ",
                       f"age {age}: ", f"{sex} {age}, "))  # fmt: skip


def _calm_vitals(rng: random.Random) -> str:
    return rng.choice(words.CALM_VITALS).format(
        s=rng.randrange(112, 145), d=rng.randrange(66, 88), h=rng.randrange(64, 92),
        o=rng.randrange(96, 100), r=rng.randrange(13, 18), t=round(rng.uniform(36.3, 37.4), 1)
    )  # fmt: skip


def _synonym(text: str, rng: random.Random) -> str:
    here = [group for group in words.SYNONYMS if any(_has(text, word) for word in group)]
    if not here:
        return text
    group = rng.choice(here)
    old = next(word for word in group if _has(text, word))
    return re.sub(rf"\b{re.escape(old)}\b", rng.choice(group), text, count=1, flags=re.I)


def _has(text: str, word: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b", text, re.I) is not None


def surface(text: str, rng: random.Random) -> str:
    if rng.random() < 0.22:
        text = misspelt(text, rng)
    roll = rng.random()
    if roll < 0.06:
        return text.upper()
    if roll < 0.2:
        return re.sub(r"[.,;!?']", "", text).lower()
    if roll < 0.35:
        return text.lower()
    if roll < 0.5:
        return drop_marks(text)
    return text[:1].upper() + text[1:]


def misspelt(text: str, rng: random.Random) -> str:
    """Some slips of the finger and of the ear; digits stay."""
    old, new = rng.choice(words.SLIPS)
    text = text.replace(old, new, 2)
    for _ in range(1 + len(text) // 70):
        at = rng.randrange(len(text))
        if not text[at].isalpha():
            continue
        kind = rng.randrange(3)
        if kind == 0:
            text = text[:at] + text[at + 1 :]
        elif kind == 1:
            text = text[:at] + text[at] + text[at:]
        elif text[at + 1 : at + 2].isalpha():
            text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text
