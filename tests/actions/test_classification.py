"""Urgency: one assessment whatever is delivered twice, late ones shown, a person's word stands."""

from datetime import timedelta

from django.utils import timezone

from triage.actions import classification, deadline, intake, overrides, sweep
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
    assert deadline.mark_late() == 1
    incident.refresh_from_db()
    assert (incident.urgency, incident.late, incident.status) == (1, True, "received")
    assert incident.drafts.get().urgency == 1
    assert deadline.mark_late() == 0


def test_the_late_assessment_still_counts(incident):
    PriorityRule.objects.create(name="Calm", words="wrist", action="exactly", level=4, reason="r")
    _age(incident, 60)
    deadline.mark_late()
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


def _report(dispatcher, message):
    return intake.submit(intake.NewReport(message), user=dispatcher)[0]


def test_what_looks_worst_is_classified_first(dispatcher, no_tasks):
    calm = [_report(dispatcher, f"my wrist hurts after fall {number}") for number in range(9)]
    urgent = _report(dispatcher, "My father collapsed, he is not breathing")
    assert classification.classify_next(None) == 1
    urgent.refresh_from_db()
    assert (urgent.status, urgent.urgency) == ("classified", 0)
    assert classification.classify_next(None) == 8
    assert classification.classify_next(None) == 1
    assert classification.classify_next(None) == 0
    assert not Incident.objects.filter(status="received").exists()
    assert all(one.assessments.count() == 1 for one in [*calm, urgent])


def test_one_that_cannot_be_assessed_spoils_no_other(dispatcher, no_tasks, monkeypatch):
    from triage import classify

    good, bad, also_good = (
        _report(dispatcher, f"my {part} hurts") for part in ("wrist", "elbow", "knee")
    )
    real = classify.assess_many

    def poisoned(reports, **values):
        if any("elbow" in report.message for report in reports):
            raise RuntimeError("a bug")
        return real(reports, **values)

    monkeypatch.setattr(classify, "assess_many", poisoned)
    assert classification.classify_next(None) == 2
    for one in (good, bad, also_good):
        one.refresh_from_db()
    assert [one.status for one in (good, bad, also_good)] == [
        "classified", "received", "classified"
    ]  # fmt: skip
    _age(bad, 60)
    assert sweep.sweep().late == 1


def test_what_looks_immediate_is_shown_as_that_when_the_assessment_is_late(dispatcher, no_tasks):
    incident = _report(dispatcher, "My father collapsed, he is not breathing")
    _age(incident, 60)
    assert deadline.mark_late() == 1
    incident.refresh_from_db()
    assert (incident.urgency, incident.late) == (0, True)
    assert incident.drafts.get().urgency == 0
