"""Hearing the language model as a further voice, after the assessment is in force.

It comes later than the encoder and can by itself only raise the level: the incident's own
urgency is one of the values the new one is the most urgent of.
"""

import uuid
from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from triage import classify
from triage.actions import events, log, scheduling
from triage.actions.classification import current_rules, evidence_json, report_of, voice_json
from triage.classify import rules as rule_engine
from triage.classify.fusion import fuse
from triage.models import Assessment, Incident
from triage.models.levels import Urgency

ASK_AGAIN_S = 60.0  # a worker that was asked and is gone
WORTH_ASKING_S = 900.0  # after its assessment; an older incident has been seen by a person


def claim_unheard(limit: int) -> list[Incident]:
    """Up to `limit` incidents to ask the language model about, the most urgent first.

    Not those of level 0, which nothing can raise, nor those that a person has decided. Each is
    given to one worker; one that is not answered is given out again.
    """
    asked_before = Now() - timedelta(seconds=ASK_AGAIN_S)
    free = Q(llm_asked_at__isnull=True) | Q(llm_asked_at__lt=asked_before)
    unheard = Assessment.objects.filter(
        free,
        in_force=True,
        llm_heard_at__isnull=True,
        created_at__gt=Now() - timedelta(seconds=WORTH_ASKING_S),
        incident__status=Incident.Status.CLASSIFIED,
        incident__urgency__gt=Urgency.IMMEDIATE,
        incident__decided_by_person=False,
    )
    order = ("incident__urgency", "incident__received_at")
    claimed = []
    for assessment in unheard.select_related("incident").order_by(*order)[:limit]:
        # The condition is the lock: of two workers one finds it free.
        if Assessment.objects.filter(free, pk=assessment.pk, in_force=True).update(
            llm_asked_at=Now()
        ):
            claimed.append(assessment.incident)
    return claimed


@transaction.atomic
def hear(incident_id: uuid.UUID, voice: classify.Voice, model: str) -> bool:
    """Add the voice to the assessment in force and raise the level if it is more urgent.

    The running draft gets its new place at once. False when the voice comes too late: the
    assessment is another one by now, was heard already, or the incident is closed. `voice` with
    level None says that the model gave no readable answer; that is remembered, nothing moves.
    """
    old = Assessment.objects.filter(
        incident_id=incident_id, in_force=True, llm_heard_at__isnull=True,
        incident__status=Incident.Status.CLASSIFIED,
    ).first()  # fmt: skip
    # The conditional update is the lock: of two answers one counts 1 here.
    if old is None or not Assessment.objects.filter(
        pk=old.pk, in_force=True, llm_heard_at__isnull=True
    ).update(in_force=False, llm_heard_at=Now()):
        return False
    before = Incident.objects.select_related("source").get(pk=incident_id)
    fused = _fused(before, old, voice)
    row = Incident.objects.filter(pk=incident_id)
    row.update(disagreement=fused.disagreement, revision=F("revision") + 1)
    row.filter(decided_by_person=False, urgency__gt=fused.urgency).update(urgency=fused.urgency)
    incident = Incident.objects.select_related("source").get(pk=incident_id)
    _store(old, voice, min(old.urgency, fused.urgency), fused.disagreement)
    log.record("heard", incident=incident, voice=voice.name, level=voice.level, model=model,
               before=before.urgency, urgency=incident.urgency)  # fmt: skip
    scheduling.rekey(incident)
    events.incident_changed(incident)
    return True


def _fused(incident: Incident, assessment: Assessment, voice: classify.Voice):  # -> Fused
    """All voices once more, with the rules as they are now."""
    report = report_of(incident)
    hits = []
    for rule in sorted(current_rules(), key=lambda rule: rule.order):
        hit = rule_engine.match(rule, report, timezone.now())
        if hit is not None:
            hits.append((rule, hit))
    stored = [
        classify.Voice(item["name"], item["level"], item["reason"])
        for item in assessment.voices
        if item["name"] != "rules"
    ]
    fused = fuse([*stored, voice], hits)
    return replace(fused, urgency=min(fused.urgency, assessment.urgency))


def _store(old: Assessment, voice: classify.Voice, urgency: int, disagreement: bool) -> Assessment:
    new = Assessment.objects.get(pk=old.pk)
    new.pk = new._meta.pk.get_default()
    new._state.adding = True
    new.in_force = True
    new.urgency, new.disagreement = urgency, disagreement
    new.voices = [*old.voices, voice_json(voice)]
    new.evidence = [*old.evidence, *map(evidence_json, voice.evidence)]
    new.llm_heard_at = timezone.now()
    new.save(force_insert=True)
    return new
