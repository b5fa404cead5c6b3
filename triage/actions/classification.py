"""Giving an incident its urgency, and keeping the deadline for it."""

import logging
import time
import uuid
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Now
from django.utils import timezone

from triage import classify
from triage.actions import events, log, scheduling
from triage.config.settings import ENV
from triage.models import Assessment, Incident, PriorityRule
from triage.models.levels import LATE_URGENCY

logger = logging.getLogger(__name__)


def classify_incident(incident_id: uuid.UUID, model: classify.UrgencyModel | None) -> bool:
    """Assess one received incident and queue its draft. True if this call did it.

    Safe to run any number of times, at once or in a row: one assessment comes of it. `model`
    None means that none could be loaded: the rules alone decide, and the incident says so.
    """
    incident = Incident.objects.select_related("source").filter(pk=incident_id).first()
    if incident is None or incident.status != Incident.Status.RECEIVED:
        return False
    started = time.perf_counter()
    decision = classify.assess(report_of(incident), rules=current_rules(), model=model,
                               now=timezone.now())  # fmt: skip
    latency_ms = 1000 * (time.perf_counter() - started)
    return _apply(incident_id, decision, latency_ms)


def report_of(incident: Incident) -> classify.Report:
    """The incident as the classifier sees it."""
    return classify.Report(
        message=incident.message,
        age_years=incident.age_years,
        sex=incident.sex,
        location=incident.location,
        source_level=incident.source_level,
        source_slug=incident.source.slug if incident.source else "",
        received_at=incident.received_at,
    )


def current_rules() -> list[classify.Rule]:
    """The active rules, read each time: a change takes effect on the next message."""
    rules = PriorityRule.objects.filter(active=True).select_related("source")
    return [rule.as_rule() for rule in rules]


@transaction.atomic
def _apply(incident_id: uuid.UUID, decision: classify.Decision, latency_ms: float) -> bool:
    # The conditional update is the lock: of two deliveries of one task, one counts 1 here.
    changed = Incident.objects.filter(pk=incident_id, status=Incident.Status.RECEIVED).update(
        status=Incident.Status.CLASSIFIED,
        classified_at=timezone.now(),
        late=False,
        assessed=decision.assessed,
        disagreement=decision.disagreement,
        complaint=decision.complaint,
        language=decision.language[:8],
        tags=list(decision.tags),
        revision=F("revision") + 1,
        # What a person decided stands, also when the assessment comes after it.
        urgency=Case(
            When(decided_by_person=True, then=F("urgency")), default=Value(decision.urgency)
        ),
    )
    if not changed:
        return False
    incident = Incident.objects.select_related("source").get(pk=incident_id)
    _store_assessment(incident, decision, latency_ms)
    log.record("classified", incident=incident, urgency=decision.urgency,
               model=decision.model_version, assessed=decision.assessed)  # fmt: skip
    scheduling.enqueue(incident)
    events.incident_changed(incident)
    return True


def _store_assessment(
    incident: Incident, decision: classify.Decision, latency_ms: float
) -> Assessment:
    incident.assessments.filter(in_force=True).update(in_force=False)
    return Assessment.objects.create(
        incident=incident,
        urgency=decision.urgency,
        confidence=decision.confidence,
        level_probabilities=list(decision.level_probabilities),
        voices=[_voice(voice) for voice in decision.voices],
        evidence=[_evidence(item) for item in decision.evidence],
        complaint=decision.complaint,
        complaint_scores=dict(decision.complaint_scores),
        rule_hits=list(decision.rule_hits),
        disagreement=decision.disagreement,
        assessed=decision.assessed,
        model_version=decision.model_version,
        latency_ms=latency_ms,
    )


def _voice(voice: classify.Voice) -> dict[str, Any]:
    return {
        "name": voice.name,
        "level": voice.level,
        "reason": voice.reason,
        "confidence": voice.confidence,
        "evidence": [_evidence(item) for item in voice.evidence],
    }


def _evidence(item: classify.Evidence) -> dict[str, Any]:
    return {
        "start": item.start,
        "end": item.end,
        "text": item.text,
        "reason": item.reason,
        "voice": item.voice,
    }


def mark_late() -> int:
    """Show what missed its deadline as level 1, "AI late", with a draft. Returns how many.

    The assessment still counts when it comes.
    """
    overdue = Incident.objects.filter(
        status=Incident.Status.RECEIVED,
        late=False,
        urgency__isnull=True,
        received_at__lt=Now() - timedelta(seconds=ENV.classify_deadline_s),
    )
    count = 0
    for incident_id in overdue.values_list("pk", flat=True)[:500]:
        count += _mark_one_late(incident_id)
    return count


@transaction.atomic
def _mark_one_late(incident_id: uuid.UUID) -> int:
    changed = Incident.objects.filter(
        pk=incident_id, status=Incident.Status.RECEIVED, urgency__isnull=True
    ).update(urgency=LATE_URGENCY, late=True, revision=F("revision") + 1)
    if changed:
        incident = Incident.objects.select_related("source").get(pk=incident_id)
        log.record("late", incident=incident, urgency=int(LATE_URGENCY))
        scheduling.enqueue(incident)
        events.incident_changed(incident)
    return changed
