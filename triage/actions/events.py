"""What the screens are told after a write. Sent on commit, from here only.

The wire format is documented in `docs/websocket.md`.
"""

from typing import Any

from triage import live
from triage.models import Draft, Incident, Urgency


def board_row(incident: Incident, draft: Draft | None) -> dict[str, Any]:
    """One row of the board, as the websocket and the page show it."""
    return {
        "id": str(incident.id),
        "reference": incident.reference,
        "revision": incident.revision,
        "status": incident.status,
        "urgency": incident.urgency,
        "presumed_urgency": incident.presumed_urgency,
        "urgency_label": Urgency(incident.urgency).label if incident.urgency is not None else "",
        "received_at": incident.received_at.isoformat(),
        "message": incident.message[:240],
        "location": incident.location,
        "age_years": incident.age_years,
        "sex": incident.sex,
        "complaint": incident.complaint,
        "late": incident.late,
        "assessed": incident.assessed,
        "disagreement": incident.disagreement,
        "decided_by_person": incident.decided_by_person,
        "tags": incident.tags,
        "source": incident.source.name if incident.source else "",
        "draft": draft_row(draft) if draft else None,
    }


def draft_row(draft: Draft) -> dict[str, Any]:
    """A draft's state without its text."""
    return {
        "id": str(draft.id),
        "status": draft.status,
        "urgency": draft.urgency,
        "review": draft.review,
        "length": len(draft.text),
        "num_tokens": draft.num_tokens,
        "num_preemptions": draft.num_preemptions,
        "predicted_tokens": draft.predicted_tokens,
        "failure": draft.failure,
    }


def latest_draft(incident: Incident) -> Draft | None:
    """The newest request of an incident, the one the screens show."""
    return incident.drafts.order_by("-enqueued_at", "-id").first()


def incident_changed(incident: Incident) -> None:
    """Tell the board, and whoever watches this incident, that its row is different now."""
    row = board_row(incident, latest_draft(incident))
    event = {"type": "incident.changed", "incident": row}
    live.publish_on_commit(live.BOARD_GROUP, event)
    live.publish_on_commit(live.incident_group(incident.id), event)


def wake_workers() -> None:
    """Tell the LLM workers that the queue changed."""
    live.publish_on_commit(live.WORKERS_GROUP, {"type": "queue.changed"})


def draft_key_changed(draft: Draft) -> None:
    """Tell the worker that holds this draft its new place in the order."""
    live.publish_on_commit(
        live.WORKERS_GROUP,
        {"type": "draft.rekeyed", "draft_id": str(draft.id), "urgency": draft.urgency},
    )


def draft_cancelled(draft: Draft) -> None:
    """Tell the worker that holds this draft to stop."""
    live.publish_on_commit(
        live.WORKERS_GROUP, {"type": "draft.cancelled", "draft_id": str(draft.id)}
    )
