"""Giving incidents their urgency: those that look worst first, in small batches."""

import logging
import threading
import time
import uuid
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone

from triage import classify
from triage.actions import events, log, scheduling
from triage.models import Assessment, Incident, PriorityRule

logger = logging.getLogger(__name__)


# What one call takes on: a pass of the model over so many costs little more than over a few.
BATCH = 8
_one_batch_at_a_time = threading.Lock()  # two passes at once would only share the processor


def classify_next(model: classify.UrgencyModel | None) -> int:
    """Assess the received incidents that look most urgent, and queue their drafts.

    Returns how many. A batch holds incidents of one first glance only, so that an urgent one
    does not wait for the calm ones of its batch. Whom a hint named plays no part: there are at
    least as many hints as incidents, and every one of them finds whoever is next.
    """
    can_skip = connection.features.has_select_for_update_skip_locked
    with _one_batch_at_a_time, transaction.atomic() if can_skip else nullcontext():
        waiting = Incident.objects.filter(status=Incident.Status.RECEIVED)
        waiting = waiting.order_by("presumed_urgency", "received_at")
        if can_skip:  # other workers take the next ones instead of these
            waiting = waiting.select_for_update(skip_locked=True, of=("self",))
        found = list(waiting.select_related("source")[:BATCH])
        batch = [one for one in found if one.presumed_urgency == found[0].presumed_urgency]
        return sum(_assess_and_apply(batch, model)) if batch else 0


def classify_incident(incident_id: uuid.UUID, model: classify.UrgencyModel | None) -> bool:
    """Assess one received incident and queue its draft. True if this call did it.

    Safe to run any number of times, at once or in a row: one assessment comes of it. `model`
    None means that none could be loaded: the rules alone decide, and the incident says so.
    """
    incident = Incident.objects.select_related("source").filter(pk=incident_id).first()
    if incident is None or incident.status != Incident.Status.RECEIVED:
        return False
    return all(_assess_and_apply([incident], model))


def _assess_and_apply(
    incidents: Sequence[Incident], model: classify.UrgencyModel | None
) -> list[bool]:
    """For each incident: whether this call classified it. One that fails spoils no other."""
    started = time.perf_counter()
    try:
        decisions = classify.assess_many(
            [report_of(incident) for incident in incidents],
            rules=current_rules(), model=model, now=timezone.now(),
        )  # fmt: skip
    except DatabaseError:
        raise
    except Exception:
        if len(incidents) > 1:
            return [done for one in incidents for done in _assess_and_apply([one], model)]
        # It stays received: the sweeper shows it as urgent, "AI late", and tries again.
        logger.exception("Incident %s could not be assessed", incidents[0].pk)
        return [False]
    latency_ms = 1000 * (time.perf_counter() - started) / len(incidents)
    return [
        _apply(incident.pk, decision, latency_ms)
        for incident, decision in zip(incidents, decisions, strict=True)
    ]


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
        voices=[voice_json(voice) for voice in decision.voices],
        evidence=[evidence_json(item) for item in decision.evidence],
        complaint=decision.complaint,
        complaint_scores=dict(decision.complaint_scores),
        rule_hits=list(decision.rule_hits),
        disagreement=decision.disagreement,
        assessed=decision.assessed,
        model_version=decision.model_version,
        latency_ms=latency_ms,
    )


def voice_json(voice: classify.Voice) -> dict[str, Any]:
    """A voice as it is stored."""
    return {
        "name": voice.name,
        "level": voice.level,
        "reason": voice.reason,
        "confidence": voice.confidence,
        "evidence": [evidence_json(item) for item in voice.evidence],
    }


def evidence_json(item: classify.Evidence) -> dict[str, Any]:
    """A finding as it is stored."""
    return {
        "start": item.start,
        "end": item.end,
        "text": item.text,
        "reason": item.reason,
        "voice": item.voice,
    }
