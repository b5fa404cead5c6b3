"""Protocol cards: what a draft is grounded in, and what the dispatcher sees beside it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

CARDS_DIR = Path(__file__).parent / "cards"
FALLBACK = "unclear"
MIN_SCORE = 0.2  # below this the complaint model is guessing


@dataclass(frozen=True, slots=True)
class Card:
    """Generic first aid for one complaint, in our own words, after the guidance it names."""

    slug: str
    title: str
    guidance: tuple[str, ...]
    tell_caller: tuple[str, ...]
    ask_next: tuple[str, ...]
    response: str
    escalate_if: tuple[str, ...]


@lru_cache(maxsize=1)
def load_cards() -> dict[str, Card]:
    """All cards by slug. Raises ValueError naming the file that cannot be read."""
    return {path.stem: _read(path) for path in sorted(CARDS_DIR.glob("*.toml"))}


def choose_card(message: str, complaint: str, complaint_scores: Mapping[str, float]) -> Card:
    """The card for an incident: its complaint's, unless that was a guess.

    Without an assessment (`complaint` empty) the card's titles are looked for in the message.
    """
    cards = load_cards()
    if complaint in cards and complaint_scores.get(complaint, 1.0) >= MIN_SCORE:
        return cards[complaint]
    lowered = message.lower()
    for card in cards.values():
        if card.title.lower() in lowered or card.slug.replace("-", " ") in lowered:
            return card
    return cards[FALLBACK]


def _read(path: Path) -> Card:
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
        return Card(
            slug=path.stem,
            title=fields["title"],
            guidance=tuple(fields["guidance"]),
            tell_caller=tuple(fields["tell_caller"]),
            ask_next=tuple(fields["ask_next"]),
            response=fields["response"],
            escalate_if=tuple(fields["escalate_if"]),
        )
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise ValueError(f"Protocol card {path.name} cannot be read: {error}") from error
