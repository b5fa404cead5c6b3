"""Putting right what a lost hint or a dead process left behind. Any process may call it."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from triage import broker
from triage.actions import deadline, drafts, scheduling
from triage.config.settings import ENV
from triage.models import Incident

log = logging.getLogger(__name__)

RESEND_AFTER_S = 2.0  # a task normally takes well under a second
BATCH = 200


@dataclass(frozen=True, slots=True)
class Swept:
    """How many rows each repair touched."""

    late: int
    resent: int
    undrafted: int
    expired: int


def sweep() -> Swept:
    """Mark what is late, send lost tasks again, end dead leases, queue missing drafts."""
    swept = Swept(
        late=deadline.mark_late(),
        resent=_resend_classification(),
        undrafted=_queue_missing_drafts(),
        expired=drafts.expire_leases(),
    )
    if swept.late or swept.undrafted or swept.expired:
        log.warning("Sweep repaired %s", swept)
    return swept


def _resend_classification() -> int:
    waiting = Incident.objects.filter(
        status=Incident.Status.RECEIVED,
        received_at__lt=Now() - timedelta(seconds=max(RESEND_AFTER_S, ENV.sweep_interval_s)),
    ).order_by("presumed_urgency", "received_at")
    ids = list(waiting.values_list("pk", flat=True)[:BATCH])
    return sum(broker.send_classify(incident_id) for incident_id in ids)


def _queue_missing_drafts() -> int:
    missing = Incident.objects.filter(
        status=Incident.Status.CLASSIFIED, drafts__isnull=True
    ).select_related("source")[:BATCH]
    count = 0
    for incident in missing:
        with transaction.atomic():
            if not incident.drafts.exists():
                scheduling.enqueue(incident)
                count += 1
    return count
