"""The draft guard: what a dispatcher should look at twice before approving.

It checks a draft, while it grows and when it is done, against its card and the report's facts.
It flags, it never changes the text; the raw card is always beside it.
"""

from dataclasses import dataclass

from triage.llm.cards import Card
from triage.llm.facts import PatientFacts
from triage.llm.lines import line_reasons, strip_marker, summary_reasons
from triage.llm.prompts import ASK_NEXT, RAISE_IF, SECTIONS, SEND, SUMMARY, TELL_CALLER

_CARD_LINES = {
    TELL_CALLER: lambda card: card.tell_caller,
    ASK_NEXT: lambda card: card.ask_next,
    SEND: lambda card: (card.response,),
    RAISE_IF: lambda card: card.escalate_if,
}


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a draft may rest on. `urgency`: the level as it is now."""

    card: Card
    facts: PatientFacts
    urgency: int
    message: str = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """Code points [start, end) of the draft, and what is wrong with them."""

    start: int
    end: int
    text: str
    reason: str

    def as_json(self) -> dict[str, object]:
        return {"start": self.start, "end": self.end, "text": self.text, "reason": self.reason}


def check(text: str, grounds: Grounds, *, complete: bool = True) -> list[Flag]:
    """All flags of a draft, in the text's order.

    `complete` False while it still grows: whole lines only, and nothing is missing yet.
    """
    flags: list[Flag] = []
    section, position = "", 0
    said: set[tuple[str, str]] = set()
    filled: list[str] = []  # sections that hold something, in the text's order
    lines = text.split("\n")
    for line in lines if complete else lines[:-1]:
        start, end = position, position + len(line)
        position = end + 1
        heading = next((name for name in SECTIONS if line.startswith(name)), "")
        section = heading or section
        body = line[len(heading) :].strip() if heading else strip_marker(line)
        reasons = _reasons(body, section, grounds) if body else []
        if body and (section, body) in said:
            reasons.append("this line was written before")
        said.add((section, body))
        if heading and heading in filled[:-1]:
            reasons.append("this section was written before")
        if body and (not filled or filled[-1] != section):
            filled.append(section)
        flags += [Flag(start, end, line, reason) for reason in reasons]
    if complete:
        missing = [name.rstrip(":") for name in SECTIONS if name not in filled]
        if missing:
            flags.append(Flag(0, 0, "", "section missing: " + ", ".join(missing)))
    return flags


def _reasons(body: str, section: str, grounds: Grounds) -> list[str]:
    if not section:
        return ["stands outside the sections"]
    if section == SUMMARY:
        return summary_reasons(
            body, grounds.card.title, grounds.facts, grounds.urgency, grounds.message
        )
    return line_reasons(body, _CARD_LINES[section](grounds.card), grounds.message)
