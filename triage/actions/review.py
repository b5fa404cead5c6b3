"""What a person makes of a draft. Only an approved draft counts as sent."""

import uuid

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from triage.actions import events, log
from triage.errors import Conflict, InvalidReport
from triage.models import Draft, Incident, User

MAX_TEXT_CHARS = 20_000


def approve(draft_id: uuid.UUID, *, actor: User, edited_text: str | None = None) -> Draft:
    """Approve a finished draft, as it is or as `edited_text`.

    Raises Conflict when it is not finished or was reviewed already.
    """
    if edited_text is not None:
        edited_text = edited_text.replace("\r\n", "\n").replace("\x00", "").strip()
        if not edited_text or len(edited_text) > MAX_TEXT_CHARS:
            raise InvalidReport(
                "The text was not stored.",
                fields={"text": [f"1 to {MAX_TEXT_CHARS} characters."]},
            )
    draft = Draft.objects.get(pk=draft_id)
    edited = edited_text is not None and edited_text != draft.text.strip()
    return _review(
        draft,
        actor,
        Draft.Review.EDITED if edited else Draft.Review.APPROVED,
        final_text=edited_text if edited else draft.text,
    )


def reject(draft_id: uuid.UUID, *, actor: User, reason: str = "") -> Draft:
    """Reject a finished draft. Raises Conflict when it was reviewed already."""
    draft = Draft.objects.get(pk=draft_id)
    return _review(draft, actor, Draft.Review.REJECTED, review_reason=reason.strip()[:300])


@transaction.atomic
def _review(draft: Draft, actor: User, review: str, **values: object) -> Draft:
    changed = Draft.objects.filter(
        pk=draft.pk, status=Draft.Status.DONE, review=Draft.Review.PENDING
    ).update(review=review, reviewed_by=actor, reviewed_at=timezone.now(), **values)
    if not changed:
        raise Conflict("Only a finished draft that nobody has reviewed yet can be reviewed.")
    Incident.objects.filter(pk=draft.incident_id).update(revision=F("revision") + 1)
    draft.refresh_from_db()
    incident = Incident.objects.select_related("source").get(pk=draft.incident_id)
    log.record(review, incident=incident, actor=actor, draft=str(draft.pk),
               length=len(draft.final_text))  # fmt: skip
    events.incident_changed(incident)
    return draft
