"""A person decides the urgency."""

import uuid

from django.db import transaction
from django.db.models import F

from triage.actions import events, log, scheduling
from triage.errors import Conflict, InvalidReport
from triage.models import Incident, User

MAX_REASON_CHARS = 300


@transaction.atomic
def override_urgency(incident_id: uuid.UUID, urgency: int, reason: str, *, actor: User) -> Incident:
    """Set the urgency by a person's decision, with its reason, at any time.

    The active draft moves with it, in the queue and inside the engine.
    Raises InvalidReport (level or reason missing) or Conflict (incident closed).
    """
    reason = reason.strip()
    if urgency not in range(5):
        raise InvalidReport("Choose a level from 0 to 4.", fields={"urgency": ["0 to 4."]})
    if not reason or len(reason) > MAX_REASON_CHARS:
        raise InvalidReport(
            "Say why the level changes.",
            fields={"reason": [f"Obligatory, at most {MAX_REASON_CHARS} characters."]},
        )
    before = Incident.objects.values_list("urgency", flat=True).get(pk=incident_id)
    changed = (
        Incident.objects.filter(pk=incident_id)
        .exclude(status=Incident.Status.CLOSED)
        .update(
            urgency=urgency,
            decided_by_person=True,
            late=False,
            revision=F("revision") + 1,
        )
    )
    if not changed:
        raise Conflict("The incident is closed; open a new one instead.")
    incident = Incident.objects.select_related("source").get(pk=incident_id)
    log.record("overridden", incident=incident, actor=actor, before=before, urgency=urgency,
               reason=reason)  # fmt: skip
    if not incident.drafts.exists():
        scheduling.enqueue(incident)
    scheduling.rekey(incident)
    events.incident_changed(incident)
    return incident
