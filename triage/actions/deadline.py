"""The deadline for an assessment: what misses it is shown as urgent."""

import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Least, Now

from triage.actions import events, log, scheduling
from triage.config.settings import ENV
from triage.models import Incident
from triage.models.levels import LATE_URGENCY


def mark_late() -> int:
    """Show what missed its deadline as "AI late", with a draft. Returns how many.

    As level 1, or 0 where a first glance said so.

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
    ).update(
        urgency=Least(F("presumed_urgency"), Value(int(LATE_URGENCY))),
        late=True,
        revision=F("revision") + 1,
    )
    if changed:
        incident = Incident.objects.select_related("source").get(pk=incident_id)
        log.record("late", incident=incident, urgency=incident.urgency)
        scheduling.enqueue(incident)
        events.incident_changed(incident)
    return changed
