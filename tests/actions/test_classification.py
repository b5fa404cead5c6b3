"""Urgency: one assessment whatever is delivered twice, late ones shown, a person's word stands."""

from datetime import timedelta

from django.utils import timezone

from triage.actions import classification, overrides, sweep
from triage.models import Draft, Incident, PriorityRule


class BrokenModel:
    version = "broken"
    round_up_thresholds = (0.5, 0.5, 0.5, 0.5)

    def predict(self, texts):
        raise MemoryError("no memory left")

    def salient_span(self, text, level):
        return None


class NanModel(BrokenModel):
    def predict(self, texts):
        from triage.classify import ModelOutput

        return [ModelOutput((float("nan"),) * 5, {}, "nan")]


def _age(incident, seconds):
    received = timezone.now() - timedelta(seconds=seconds)
    Incident.objects.filter(pk=incident.pk).update(received_at=received)


def test_it_classifies_and_queues_a_draft(incident):
    assert classification.classify_incident(incident.pk, None)
    incident.refresh_from_db()
    assert incident.status == "classified"
    assert incident.urgency == incident.assessments.get().urgency
    assert incident.drafts.get().urgency == incident.urgency


def test_the_same_task_twice_makes_one_assessment(incident):
    assert classification.classify_incident(incident.pk, None)
    assert not classification.classify_incident(incident.pk, None)
    assert incident.assessments.count() == 1
    assert incident.drafts.count() == 1


def test_a_broken_model_leaves_the_rules_and_says_so(incident):
    for model in (BrokenModel(), NanModel()):
        Incident.objects.filter(pk=incident.pk).update(status="received")
        assert classification.classify_incident(incident.pk, model)
        incident.refresh_from_db()
        assert incident.status == "classified"
        assert not incident.assessed


def test_a_new_rule_counts_from_the_next_message(incident, administrator):
    PriorityRule.objects.create(
        name="Wrists", words="wrist", action="at_least", level=0, reason="r"
    )
    classification.classify_incident(incident.pk, None)
    incident.refresh_from_db()
    assert incident.urgency == 0
    assert incident.assessments.get().rule_hits == ["Wrists"]


def test_what_misses_the_deadline_is_level_1_with_a_draft(incident):
    _age(incident, 60)
    assert classification.mark_late() == 1
    incident.refresh_from_db()
    assert (incident.urgency, incident.late, incident.status) == (1, True, "received")
    assert incident.drafts.get().urgency == 1
    assert classification.mark_late() == 0


def test_the_late_assessment_still_counts(incident):
    PriorityRule.objects.create(name="Calm", words="wrist", action="exactly", level=4, reason="r")
    _age(incident, 60)
    classification.mark_late()
    classification.classify_incident(incident.pk, None)
    incident.refresh_from_db()
    assert (incident.urgency, incident.late) == (4, False)
    assert incident.drafts.get().urgency == 4


def test_a_persons_decision_stands_against_a_later_assessment(incident, dispatcher):
    overrides.override_urgency(incident.pk, 2, "seen on video", actor=dispatcher)
    PriorityRule.objects.create(
        name="Wrists", words="wrist", action="at_least", level=0, reason="r"
    )
    classification.classify_incident(incident.pk, None)
    incident.refresh_from_db()
    assert (incident.urgency, incident.decided_by_person) == (2, True)
    assert incident.assessments.get().urgency == 0


def test_the_sweeper_puts_right_a_missing_draft(classified):
    Draft.objects.all().delete()
    assert sweep.sweep().undrafted == 1
    assert classified.drafts.count() == 1
    assert sweep.sweep().undrafted == 0


def test_the_sweeper_sends_a_lost_task_again(incident, monkeypatch):
    from triage import broker

    sent = []
    monkeypatch.setattr(broker, "send_classify", lambda incident_id: bool(sent.append(incident_id)))
    sweep.sweep()
    assert sent == []
    _age(incident, 4)
    sweep.sweep()
    assert sent == [incident.pk]
