"""Pairs of (facts, card) and the draft we want, from our own messages and cards.

The wanted draft is written by rule from the card: the more urgent, the more of it. Cards are
also shuffled, shortened, mixed and reworded, so that the model learns to read the card it is
given instead of reciting the one it remembers; places are invented for the same reason.
"""

import dataclasses
import random
from collections.abc import Iterator
from dataclasses import dataclass

from training.draft.messages import dressed, read_messages
from training.draft.places import place
from triage.llm.cards import Card, load_cards
from triage.llm.prompts import (
    ASK_NEXT,
    RAISE_IF,
    SEND,
    TELL_CALLER,
    known_facts,
    opening,
)

NUM_TOLD = (8, 6, 5, 4, 3)  # instructions by level
NUM_ASKED = (3, 3, 3, 2, 2)
SEXES = ("female", "male", "other")
SHARE_SHORT = 0.25  # cards with few lines: a draft ends where its card does


@dataclass(frozen=True, slots=True)
class Facts:
    """A report as the prompt takes it; unknown fields are empty."""

    message: str
    urgency: int
    age_years: float | None = None
    sex: str = ""
    location: str = ""


def examples(seed: int, *, split: str = "train") -> Iterator[tuple[Facts, Card, str]]:
    """Endless examples, the same for the same seed and data. `split`: whose messages."""
    rng = random.Random(seed)
    cards, messages = load_cards(), read_messages(split)
    while True:
        complaint, level, text = rng.choice(messages)
        card = cards[complaint]
        if rng.random() < 0.5:
            card = _perturbed(card, rng.choice(list(cards.values())), rng)
        if rng.random() < 0.2:
            card = _reworded(card, rng.choice(messages)[2].split(), rng)
        if rng.random() < SHARE_SHORT:
            card = _shortened(card, rng)
        if rng.random() < 0.25:
            level = rng.randrange(5)
        facts = _facts(dressed(text, messages, rng), level, rng)
        yield facts, card, wanted_draft(facts, card)


def wanted_draft(facts: Facts, card: Card) -> str:
    """The draft a good dispatcher's assistant would write from this card."""
    level = facts.urgency
    known = known_facts(
        facts.message, age_years=facts.age_years, sex=facts.sex, location=facts.location
    )
    told = card.tell_caller[: NUM_TOLD[level]]
    return opening(card, level, known) + "\n".join(
        [
            TELL_CALLER,
            *(f"{number}. {line}" for number, line in enumerate(told, 1)),
            ASK_NEXT,
            *(f"- {line}" for line in card.ask_next[: NUM_ASKED[level]]),
            f"{SEND} {card.response}",
            RAISE_IF,
            *(f"- {line}" for line in card.escalate_if),
        ]
    )


def _facts(message: str, level: int, rng: random.Random) -> Facts:
    age: float | None = None
    if rng.random() < 0.45:
        kind = rng.random()
        age = (
            rng.randrange(1, 90) / 365 if kind < 0.05
            else rng.randrange(1, 24) / 12 if kind < 0.15
            else float(rng.randrange(2, 106))
        )  # fmt: skip
    sex = rng.choice(SEXES[:2] if rng.random() < 0.95 else SEXES) if rng.random() < 0.4 else ""
    return Facts(message, level, age, sex, place(rng) if rng.random() < 0.65 else "")


def _perturbed(card: Card, other: Card, rng: random.Random) -> Card:
    told = list(card.tell_caller)
    for index in range(len(told)):
        if rng.random() < 0.25:
            told[index] = rng.choice(other.tell_caller)
    rng.shuffle(told)
    asked = list(card.ask_next)
    rng.shuffle(asked)
    return dataclasses.replace(
        card,
        tell_caller=tuple(dict.fromkeys(told)),
        ask_next=tuple(asked),
        response=rng.choice((card.response, other.response)),
        escalate_if=rng.choice((card.escalate_if, other.escalate_if)),
    )


def _shortened(card: Card, rng: random.Random) -> Card:
    return dataclasses.replace(
        card,
        tell_caller=card.tell_caller[: rng.randrange(2, 4)],
        ask_next=card.ask_next[: rng.randrange(1, 3)],
        escalate_if=card.escalate_if[:1],
    )


def _reworded(card: Card, words: list[str], rng: random.Random) -> Card:
    """Some lines with a foreign word in them, as a card edited by its users has."""

    def line(text: str) -> str:
        parts = text.split(" ")
        if rng.random() < 0.4 and len(parts) > 2:
            parts[rng.randrange(1, len(parts) - 1)] = rng.choice(words).strip(".,;:!?") or "it"
        return " ".join(parts)

    return dataclasses.replace(
        card,
        title=line(card.title),
        tell_caller=tuple(dict.fromkeys(line(text) for text in card.tell_caller)),
        response=line(card.response),
    )
