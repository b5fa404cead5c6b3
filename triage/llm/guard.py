"""The draft guard: what a dispatcher should look at twice before approving.

It checks the finished text against its card and the incident's facts. It flags, it never
changes the text; the raw card is always beside it.
"""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from triage.llm.cards import Card
from triage.llm.prompts import ASK_NEXT, RAISE_IF, SECTIONS, SEND, SUMMARY, TELL_CALLER, format_age

SAME_ENOUGH = 0.82  # similarity of a draft's line to a card's line, 0–1
_DOSE = re.compile(
    r"\b\d+(?:[.,]\d+)?\s*(?:mg|mcg|µg|g|ml|units?|iu|tablets?|pills?|puffs?|drops?)\b",
    re.IGNORECASE,
)
_DIAGNOSIS = re.compile(r"\b(?:diagnos\w+|you have a|he has a|she has a|this is a case of)\b", re.I)
_PROMISE = re.compile(
    r"\b(?:will (?:arrive|be there)|arrives?) (?:in|within)\b|\bminutes? away\b", re.IGNORECASE
)
_MARKER = re.compile(r"^(?:\d+[.)]|[-*•])\s*")


@dataclass(frozen=True, slots=True)
class Flag:
    """Characters [start, end) of the draft, and what is wrong with them."""

    start: int
    end: int
    text: str
    reason: str

    def as_json(self) -> dict[str, object]:
        return {"start": self.start, "end": self.end, "text": self.text, "reason": self.reason}


def check(
    text: str,
    card: Card,
    *,
    age_years: float | None = None,
    location: str = "",
    complete: bool = True,
) -> list[Flag]:
    """All flags of a draft. `complete` False while it is still growing: whole lines only."""
    flags: list[Flag] = []
    section, position = "", 0
    lines = text.split("\n")
    for line in lines if complete else lines[:-1]:
        start, end = position, position + len(line)
        position = end + 1
        heading = next((name for name in SECTIONS if line.startswith(name)), "")
        section = heading or section
        for reason in _reasons(line, heading, section, card, age_years, location):
            flags.append(Flag(start, end, line, reason))
    if complete:
        missing = [name.rstrip(":") for name in SECTIONS if not _has_section(text, name)]
        if missing:
            flags.append(Flag(0, 0, "", "section missing: " + ", ".join(missing)))
    return flags


def _has_section(text: str, name: str) -> bool:
    return text.startswith(name) or f"\n{name}" in text


def _reasons(
    line: str, heading: str, section: str, card: Card, age_years: float | None, location: str
) -> list[str]:
    reasons = []
    body = line[len(heading) :].strip() if heading else _MARKER.sub("", line).strip()
    if heading == SUMMARY:
        reasons += _wrong_facts(body, age_years, location)
    elif body and section in _CARD_LINES and not _traceable(body, _CARD_LINES[section](card)):
        reasons.append("not on the protocol card")
    if _DOSE.search(line) and heading != SUMMARY:
        reasons.append("names a dose")
    if _DIAGNOSIS.search(line):
        reasons.append("sounds like a diagnosis")
    if _PROMISE.search(line):
        reasons.append("promises a time of arrival")
    return reasons


_CARD_LINES = {
    TELL_CALLER: lambda card: card.tell_caller,
    ASK_NEXT: lambda card: card.ask_next,
    SEND: lambda card: (card.response,),
    RAISE_IF: lambda card: card.escalate_if,
}


def _traceable(line: str, sources: tuple[str, ...]) -> bool:
    wanted = _normal(line)
    return any(
        SequenceMatcher(None, wanted, _normal(source), autojunk=False).ratio() >= SAME_ENOUGH
        for source in sources
    )


def _normal(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower()).strip()


def _wrong_facts(summary: str, age_years: float | None, location: str) -> list[str]:
    """Facts in the summary that nobody reported."""
    wrong = []
    ages = re.findall(r"\b\d+ (?:years|months)\b", summary)
    known = format_age(age_years) if age_years is not None else ""
    if any(age != known for age in ages):
        wrong.append(f"says {', '.join(ages)}; reported: {known or 'no age'}")
    elif known and not ages:
        wrong.append(f"leaves out the age, {known}")
    place = re.search(r"\bat (.+?)\.?$", summary)
    if place and _normal(place.group(1)) != _normal(location):
        wrong.append(f"says at {place.group(1)}; reported: {location or 'no place'}")
    return wrong
