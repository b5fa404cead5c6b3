"""The protocol cards: complete, sourced, free of doses, and found by complaint."""

import re

import pytest

from triage.llm.cards import FALLBACK, choose_card, load_cards

CARDS = load_cards()
DOSE = re.compile(r"\b\d+\s*(?:mg|g|ml|units?|tablets?|puffs?)\b", re.IGNORECASE)


def test_there_is_a_card_for_every_complaint_the_model_knows():
    import json
    from pathlib import Path

    settings = Path(__file__).resolve().parents[2] / "weights" / "urgency" / "settings.json"
    assert set(json.loads(settings.read_text())["complaints"]) == set(CARDS)
    assert len(CARDS) >= 40


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_a_card_is_complete_and_names_its_source(card):
    assert card.guidance
    assert 3 <= len(card.tell_caller) <= 9
    assert 2 <= len(card.ask_next) <= 5
    assert all(question.endswith("?") for question in card.ask_next if card.slug != FALLBACK)
    assert 2 <= len(card.escalate_if) <= 4
    text = " ".join([*card.tell_caller, *card.ask_next, card.response, *card.escalate_if])
    assert not DOSE.search(text)
    assert not re.search(r"\bwill arrive\b|\bminutes away\b", text)


def test_a_guess_falls_back():
    assert choose_card("m", "burn", {"burn": 0.9}).slug == "burn"
    assert choose_card("m", "burn", {"burn": 0.05}).slug == FALLBACK
    assert choose_card("it is a burn", "", {}).slug == "burn"
