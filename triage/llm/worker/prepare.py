"""From a draft to a prompt, and from a text to its flags. Runs in the database thread."""

from dataclasses import dataclass

from triage.actions import drafts
from triage.llm import guard
from triage.llm.cards import Card, choose_card, load_cards
from triage.llm.engines.base import Message
from triage.llm.engines.errors import PromptTooLong
from triage.llm.prompts import build_messages
from triage.models import Assessment, Draft

SHORTEST_CHARS = 200


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the engine is asked, and the card it is grounded in."""

    messages: list[Message]
    card: Card


def prepare(draft: Draft, engine_model: str) -> Prepared:
    """Choose the card and build the messages. Remembers the card and the model in the row.

    A draft that goes on keeps its card, or its second half would not fit its first.
    """
    incident = draft.incident
    card = load_cards().get(draft.card_slug) if draft.text else None
    if card is None:
        assessment = Assessment.objects.filter(incident=incident, in_force=True).first()
        scores = assessment.complaint_scores if assessment else {}
        card = choose_card(incident.message, incident.complaint, scores)
    drafts.set_card(draft, card.slug, engine_model)
    messages = build_messages(
        message=incident.message,
        age_years=incident.age_years,
        sex=incident.sex,
        location=incident.location,
        urgency=draft.urgency,
        card=card,
    )
    return Prepared(messages, card)


def shortened(prepared: Prepared, error: PromptTooLong) -> Prepared:
    """The same prompt with the middle of its longest message cut by a fifth.

    A report of any length gets a draft; its beginning and its end say the most. Raises `error`
    when there is nothing left to cut.
    """
    longest = max(prepared.messages, key=lambda message: len(message["content"]))
    text = longest["content"]
    if len(text) < SHORTEST_CHARS:
        raise error
    cut = len(text) // 5
    middle = len(text) // 2
    content = f"{text[: middle - cut // 2]} … {text[middle + cut - cut // 2 :]}"
    messages = [{**m, "content": content} if m is longest else m for m in prepared.messages]
    return Prepared(messages, prepared.card)


def find_flags(draft: Draft, card: Card) -> list[dict[str, object]]:
    """What the guard has against the finished text, as it is stored."""
    text = Draft.objects.values_list("text", flat=True).get(pk=draft.pk)
    incident = draft.incident
    found = guard.check(
        text, card, age_years=incident.age_years, location=" ".join(incident.location.split())
    )
    return [flag.as_json() for flag in found]
