"""From a draft to a prompt, and from a text to its flags. Runs in the database thread."""

from dataclasses import dataclass, replace
from typing import Any

from triage.actions import drafts
from triage.llm import guard
from triage.llm.cards import choose_card, load_cards
from triage.llm.engines.base import Message
from triage.llm.engines.errors import PromptTooLong
from triage.llm.prompts import MAX_MESSAGE_BYTES, build_messages, known_facts, opening
from triage.models import Assessment, Draft

SHORTEST_BYTES = 200


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the engine is asked, and what its answer may rest on."""

    grounds: guard.Grounds
    report: dict[str, Any]  # message, age_years, sex, location
    max_message_bytes: int = MAX_MESSAGE_BYTES

    @property
    def messages(self) -> list[Message]:
        """The chat for the engine."""
        return build_messages(
            **self.report,
            urgency=self.grounds.urgency,
            card=self.grounds.card,
            max_message_bytes=self.max_message_bytes,
        )

    @property
    def opening(self) -> str:
        """How the draft begins, see prompts.py."""
        grounds = self.grounds
        return opening(grounds.card, grounds.urgency, grounds.facts)


def prepare(draft: Draft, engine_model: str) -> Prepared:
    """Choose the card and build the messages. Remembers the card and the model in the row.

    A draft that goes on keeps its card, or its second half would not fit its first.
    """
    incident = draft.incident
    card = load_cards().get(draft.card_slug) if draft.text else None
    if card is None:
        assessment = Assessment.objects.filter(incident=incident, in_force=True).first()
        scores = assessment.complaint_scores if assessment else {}
        card = choose_card(incident.message, incident.complaint, scores, draft.urgency)
    drafts.set_card(draft, card.slug, engine_model)
    fields = {"age_years": incident.age_years, "sex": incident.sex, "location": incident.location}
    grounds = guard.Grounds(
        card, known_facts(incident.message, **fields), draft.urgency, incident.message
    )
    return Prepared(grounds, {"message": incident.message, **fields})


def shortened(prepared: Prepared, error: PromptTooLong) -> Prepared:
    """The same prompt with a fifth less of the message, cut out of its middle.

    A report of any length gets a draft; its beginning and its end say the most, and card and
    facts stay whole. Raises `error` when there is nothing left to cut.
    """
    length = min(prepared.max_message_bytes, len(prepared.grounds.message.encode()))
    if length < SHORTEST_BYTES:
        raise error
    return replace(prepared, max_message_bytes=length * 4 // 5)


def find_flags(draft: Draft, prepared: Prepared) -> list[dict[str, object]]:
    """What the guard has against the finished text, as it is stored, by the level of now."""
    row = Draft.objects.values("text", "urgency").get(pk=draft.pk)
    grounds = replace(prepared.grounds, urgency=row["urgency"])
    return [flag.as_json() for flag in guard.check(row["text"], grounds)]
