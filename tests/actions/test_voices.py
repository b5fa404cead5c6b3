"""The language model's voice: it can raise a level and nothing else, and it moves the draft."""

from datetime import timedelta

import pytest
from django.utils import timezone

from triage.actions import drafts, overrides, voices
from triage.classify import Evidence, Voice
from triage.models import Assessment, DecisionLogEntry, Incident, PriorityRule


def _says(level, **values):
    return Voice("llm", level, "most like fall", **values)


@pytest.fixture
def calm(classified) -> Incident:
    """Classified at level 3, whatever the rules alone make of it."""
    Incident.objects.filter(pk=classified.pk).update(urgency=3)
    Assessment.objects.filter(incident=classified).update(
        urgency=3, voices=[{"name": "model", "level": 3, "reason": "r", "evidence": []}]
    )
    classified.drafts.update(urgency=3)
    classified.refresh_from_db()
    return classified


def _level(incident) -> int:
    incident.refresh_from_db()
    return incident.urgency


def test_it_raises_the_level_and_moves_the_queued_draft(calm):
    assert voices.hear(calm.pk, _says(1), "big-model")
    assert _level(calm) == 1
    assert calm.drafts.get().urgency == 1
    assessment = calm.assessments.get(in_force=True)
    assert assessment.urgency == 1
    assert [voice["name"] for voice in assessment.voices] == ["model", "llm"]
    assert calm.disagreement
    assert calm.assessments.count() == 2


def test_a_running_draft_keeps_its_text_and_gets_its_new_place(calm):
    (draft,) = drafts.claim("worker", 1)
    assert drafts.append_text(draft, "worker", 0, "Summary:", 2)
    assert voices.hear(calm.pk, _says(0), "big-model")
    draft.refresh_from_db()
    assert (draft.urgency, draft.text, draft.status) == (0, "Summary:", "running")
    assert drafts.heartbeat("worker") == {draft.pk: 0}


def test_it_lowers_nothing(calm):
    assert voices.hear(calm.pk, _says(4), "big-model")
    assert _level(calm) == 3
    assert calm.assessments.get(in_force=True).urgency == 3
    assert calm.drafts.get().urgency == 3


def test_what_a_person_decided_stands(calm, dispatcher):
    overrides.override_urgency(calm.pk, 4, "a false alarm", actor=dispatcher)
    assert voices.claim_unheard(5) == []
    voices.hear(calm.pk, _says(0), "big-model")
    assert _level(calm) == 4


def test_a_rule_that_caps_the_level_caps_this_voice_too(calm):
    PriorityRule.objects.create(name="wrists", words="wrist", action="at_most", level=3, reason="r")
    assert voices.hear(calm.pk, _says(1), "big-model")
    assert _level(calm) == 3


def test_a_source_in_danger_is_not_talked_down_by_a_rule_without_it(calm):
    """An incident above the fused level stays there: the voice only ever raises."""
    Incident.objects.filter(pk=calm.pk).update(urgency=1)
    voices.hear(calm.pk, _says(3), "big-model")
    assert _level(calm) == 1


def test_it_is_heard_once(calm):
    assert voices.hear(calm.pk, _says(2), "big-model")
    assert not voices.hear(calm.pk, _says(0), "big-model")
    assert _level(calm) == 2
    assert calm.assessments.filter(in_force=True).count() == 1


def test_no_readable_answer_is_remembered_and_moves_nothing(calm):
    assert voices.hear(calm.pk, _says(None), "big-model")
    assert _level(calm) == 3
    assert voices.claim_unheard(5) == []


def test_its_quotes_are_kept_as_evidence(calm):
    quote = Evidence(3, 8, calm.message[3:8], "r", "llm")
    voices.hear(calm.pk, _says(2, evidence=(quote,)), "big-model")
    stored = calm.assessments.get(in_force=True).evidence
    assert {
        "start": 3,
        "end": 8,
        "text": calm.message[3:8],
        "reason": "r",
        "voice": "llm",
    } in stored


def test_an_incident_is_given_to_one_worker_and_again_when_it_is_gone(calm):
    assert [incident.pk for incident in voices.claim_unheard(5)] == [calm.pk]
    assert voices.claim_unheard(5) == []
    asked = timezone.now() - timedelta(seconds=voices.ASK_AGAIN_S + 1)
    Assessment.objects.filter(incident=calm).update(llm_asked_at=asked)
    assert [incident.pk for incident in voices.claim_unheard(5)] == [calm.pk]


def test_nobody_asks_about_what_nothing_can_raise_or_is_long_past(calm):
    Incident.objects.filter(pk=calm.pk).update(urgency=0)
    assert voices.claim_unheard(5) == []
    Incident.objects.filter(pk=calm.pk).update(urgency=3)
    old = timezone.now() - timedelta(seconds=voices.WORTH_ASKING_S + 1)
    Assessment.objects.filter(incident=calm).update(created_at=old)
    assert voices.claim_unheard(5) == []


def test_a_closed_incident_is_left_alone(calm):
    Incident.objects.filter(pk=calm.pk).update(status="closed", closed_at=timezone.now())
    assert not voices.hear(calm.pk, _says(0), "big-model")
    assert _level(calm) == 3


def test_the_log_says_who_raised_it_without_a_word_of_the_patient(calm):
    voices.hear(calm.pk, _says(1), "big-model")
    entry = DecisionLogEntry.objects.get(action="heard")
    assert entry.detail == {
        "voice": "llm", "level": 1, "model": "big-model", "before": 3, "urgency": 1,
    }  # fmt: skip
