"""What a client gets when it subscribes or lost its place: the truth, from the database."""

import uuid
from typing import Any

from django.db.models import Value
from django.db.models.functions import Coalesce, Least

from triage import access
from triage.actions import events, workers
from triage.models import Draft, Incident, Source, User
from triage.models.levels import LATE_URGENCY

BOARD_ROWS = 500


def board(user: User | None, source: Source | None) -> dict[str, Any]:
    """All open incidents a client may see, the most urgent BOARD_ROWS of them."""
    incidents = access.visible_incidents(user, source).exclude(status=Incident.Status.CLOSED)
    # What waits for its assessment stands where the sweeper would put it, were it late.
    place = Coalesce("urgency", Least("presumed_urgency", Value(int(LATE_URGENCY))))
    rows = list(incidents.order_by(place, "received_at")[:BOARD_ROWS])
    newest: dict[uuid.UUID, Draft] = {}
    drafts = Draft.objects.filter(incident__in=[row.pk for row in rows])
    for draft in drafts.order_by("enqueued_at", "id"):
        newest[draft.incident_id] = draft
    return {
        "type": "board.snapshot",
        "incidents": [events.board_row(row, newest.get(row.pk)) for row in rows],
        "system": workers.system_state(),
    }


def system() -> dict[str, Any]:
    """The system's state alone, for clients without a board."""
    return {"type": "system.changed", "system": workers.system_state()}


def incident(incident_id: uuid.UUID) -> list[dict[str, Any]]:
    """An incident's row and its newest draft with the whole text."""
    row = Incident.objects.select_related("source").get(pk=incident_id)
    draft = events.latest_draft(row)
    found: list[dict[str, Any]] = [
        {"type": "incident.changed", "incident": events.board_row(row, draft)}
    ]
    if draft is not None:
        found.append(
            {
                "type": "draft.snapshot",
                "incident_id": str(incident_id),
                "draft_id": str(draft.pk),
                "status": draft.status,
                "text": draft.text,
                "length": len(draft.text),
                "sha256": draft.text_sha256,
                "flags": draft.flags,
            }
        )
    return found
