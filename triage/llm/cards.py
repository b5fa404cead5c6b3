"""Protocol cards: what a draft is grounded in, and what the dispatcher sees beside it."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from triage.classify.red_flags import red_flags
from triage.llm.retrieval import combined, load_retriever

CARDS_DIR = Path(__file__).parent / "cards"
FALLBACK = "unclear"
SURE = 0.7  # share of the likeliest complaint, 0–1, from which on nobody else is asked
ARRESTED = frozenset(
    ("not breathing", "no pulse", "agonal breathing", "resuscitation under way")
)  # red flags, see classify/red_flags.toml
# Said by or of somebody who gets too little air, and is awake.
_SHORT_OF_BREATH = re.compile(r"(?:can['’]?t|cannot) (?:\w+ )?breath", re.IGNORECASE)
FOR_ARRESTS, FOR_BIRTHS = "cardiac-arrest", "newborn"
_RESUSCITATE = (
    "cardiac-arrest choking drowning electric-shock mass-casualty newborn overdose smoke-gas"
)
SAY_HOW_TO_RESUSCITATE = frozenset(_RESUSCITATE.split())
LOOKED_AT_CHARS = 2_000  # from each end: the key fact may come last
FOR_NOBODY_HURT = "non-medical"  # the card that sends no unit
CALMEST_UNIT_LEVEL = 2  # up to this level somebody may be hurt, whatever the complaint's name
MIN_SHARE = 0.15  # below this the best of both opinions is a guess


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


def choose_card(
    message: str, complaint: str, complaint_scores: Mapping[str, float], urgency: int
) -> Card:
    """The card for an incident: its complaint's, if the complaint model is sure of it.

    Where it is not, the words of the message are asked as well (see retrieval.py), alone when
    the model took no part (no complaint, or "unclear" without scores). If both together are no
    more than a guess, the card is the one for what is not clear yet. Whoever does not breathe
    or has no pulse gets a card that says how to push on the chest, whatever brought it about. The
    card that sends nobody is for calm `urgency` alone.
    """
    cards = load_cards()
    if len(message) > 2 * LOOKED_AT_CHARS:
        message = f"{message[:LOOKED_AT_CHARS]}\n{message[-LOOKED_AT_CHARS:]}"
    slug = _likeliest(message, complaint, complaint_scores)
    if slug not in SAY_HOW_TO_RESUSCITATE and _without_breath_or_pulse(message):
        slug = FOR_BIRTHS if slug == "childbirth" else FOR_ARRESTS
    if slug == FOR_NOBODY_HURT and urgency <= CALMEST_UNIT_LEVEL:
        slug = FALLBACK
    return cards.get(slug, cards[FALLBACK])


def _likeliest(message: str, complaint: str, complaint_scores: Mapping[str, float]) -> str:
    told = bool(complaint) and complaint != FALLBACK  # by somebody, if without scores
    sure = complaint_scores.get(complaint, 0.0) if complaint_scores else float(told)
    if sure >= SURE:
        return complaint
    words = load_retriever().scores(message)
    shares = combined(complaint_scores, words) if complaint_scores else words
    best = max(shares, key=lambda slug: shares[slug])
    return best if shares[best] >= MIN_SHARE else FALLBACK


def _without_breath_or_pulse(message: str) -> bool:
    found = red_flags(message).evidence
    return any(
        finding.reason in ARRESTED and not _SHORT_OF_BREATH.match(finding.text) for finding in found
    )


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
