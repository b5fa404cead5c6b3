"""What the length predictor is told of a draft."""

from triage.classify.length import Features
from triage.llm.cards import Card
from triage.llm.facts import PatientFacts
from triage.llm.prompts import card_text


def features_of(card: Card, urgency: int, facts: PatientFacts) -> Features:
    """Card, level, and how much the facts take."""
    known = (facts.who, facts.sex, facts.age, facts.place)
    return Features(
        card=card.slug,
        urgency=urgency,
        num_card_chars=len(card_text(card)),
        num_fact_chars=sum(len(fact) + 2 for fact in known if fact),
    )
