"""Putting a draft in its place in the queue, and moving it when its urgency changes."""

from django.db.models.functions import Now

from triage.actions import events, lengths
from triage.models import Draft, Incident


def enqueue(incident: Incident) -> Draft:
    """Queue a draft for an incident, or give the one in the queue its new place.

    Call inside a transaction, with the incident's urgency set.
    """
    active = incident.drafts.filter(status__in=Draft.ACTIVE).first()
    if active is not None:
        rekey(incident)
        return active
    draft = Draft.objects.create(
        incident=incident,
        urgency=incident.urgency,
        enqueued_at=Now(),
        **_predicted(incident),
    )
    draft.refresh_from_db()
    events.wake_workers()
    return draft


def rekey(incident: Incident) -> None:
    """Carry the incident's urgency over to its active draft: in the row and in the engine."""
    active = incident.drafts.filter(status__in=Draft.ACTIVE)
    changed = active.exclude(urgency=incident.urgency)
    # Not begun yet, it will be as long as drafts of its new level are; else that is settled.
    untouched = changed.filter(status=Draft.Status.QUEUED, text="")
    if untouched.exists():
        untouched.update(**_predicted(incident))
    if changed.update(urgency=incident.urgency):
        draft = active.first()
        if draft is not None:
            events.draft_key_changed(draft)
            events.wake_workers()


def _predicted(incident: Incident) -> dict[str, int]:
    predicted = lengths.predict(incident)
    return {
        "predicted_tokens": predicted.tokens,
        "predicted_remaining_tokens": predicted.tokens,
        "baseline_tokens": predicted.baseline,
    }
