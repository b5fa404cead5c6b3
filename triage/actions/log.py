"""Writing the decision log. Called inside the transaction of the act it records."""

from typing import Any

from triage.models import DecisionLogEntry, Incident, User

SYSTEM = "system"


def record(
    action: str,
    *,
    incident: Incident | None = None,
    actor: User | None = None,
    actor_name: str = "",
    **detail: Any,
) -> None:
    """Add one entry. `detail` holds ids, levels and lengths, never a patient's words."""
    name = actor_name or (actor.get_username() if actor else SYSTEM)
    DecisionLogEntry.objects.create(
        action=action, incident=incident, actor=actor, actor_name=name, detail=detail
    )
