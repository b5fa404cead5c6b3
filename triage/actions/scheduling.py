"""Putting a draft in its place in the queue, and moving it when its urgency changes."""

from functools import lru_cache

from django.db.models.functions import Now

from triage.actions import events
from triage.classify.length import LengthPredictor
from triage.config.env import BASE_DIR
from triage.models import Draft, Incident

LENGTHS_FILE = BASE_DIR / "weights" / "draft" / "lengths.json"


@lru_cache(maxsize=1)
def length_predictor() -> LengthPredictor:
    """The process's predictor; it learns from every finished draft."""
    return LengthPredictor.load(LENGTHS_FILE if LENGTHS_FILE.exists() else None)


def enqueue(incident: Incident) -> Draft:
    """Queue a draft for an incident, or give the one in the queue its new place.

    Call inside a transaction, with the incident's urgency set.
    """
    active = incident.drafts.filter(status__in=Draft.ACTIVE).first()
    if active is not None:
        rekey(incident)
        return active
    predicted = length_predictor().predict(
        incident.message, incident.complaint or "unclear", incident.urgency
    )
    draft = Draft.objects.create(
        incident=incident,
        urgency=incident.urgency,
        predicted_tokens=predicted.tokens,
        predicted_remaining_tokens=predicted.tokens,
        enqueued_at=Now(),
    )
    draft.refresh_from_db()
    events.wake_workers()
    return draft


def rekey(incident: Incident) -> None:
    """Carry the incident's urgency over to its active draft: in the row and in the engine."""
    changed = incident.drafts.filter(status__in=Draft.ACTIVE).exclude(urgency=incident.urgency)
    if changed.update(urgency=incident.urgency):
        active = incident.drafts.filter(status__in=Draft.ACTIVE).first()
        if active is not None:
            events.draft_key_changed(active)
            events.wake_workers()
