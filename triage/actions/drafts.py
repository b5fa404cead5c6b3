"""The life of a draft: claimed under a lease, written, finished, handed back.

Every change is one conditional update that names the state it expects; a worker whose lease
was taken over finds that its update changes nothing, and stops. Leases use the database's
clock, so the workers' clocks may differ or jump.
"""

import hashlib
import uuid
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Concat, Greatest, Length, Now

from triage import live
from triage.actions import events, log
from triage.config.settings import ENV
from triage.errors import Conflict
from triage.models import Draft, Incident, User
from triage.models.draft import SEMANTIC_KEY

Status = Draft.Status


def claim(owner: str, limit: int, *, max_urgency: int = 4) -> list[Draft]:
    """Lease up to `limit` queued drafts to `owner`, most urgent first.

    `max_urgency` leaves less urgent drafts in the queue. Rows that another worker is claiming
    are skipped, not waited for.
    """
    with transaction.atomic():
        queue = Draft.objects.filter(status=Status.QUEUED, urgency__lte=max_urgency)
        queue = queue.order_by(*SEMANTIC_KEY)
        if connection.features.has_select_for_update_skip_locked:
            queue = queue.select_for_update(skip_locked=True)
        ids = list(queue.values_list("pk", flat=True)[:limit])
        if not ids:
            return []
        Draft.objects.filter(pk__in=ids, status=Status.QUEUED).update(
            status=Status.RUNNING,
            lease_owner=owner,
            lease_expires_at=Now() + timedelta(seconds=ENV.lease_s),
            attempts=F("attempts") + 1,
            started_at=Coalesce("started_at", Now()),
        )
        drafts = Draft.objects.filter(pk__in=ids, lease_owner=owner)
        claimed = list(drafts.select_related("incident__source").order_by(*SEMANTIC_KEY))
        for draft in claimed:
            events.incident_changed(draft.incident)
    return claimed


def heartbeat(owner: str) -> dict[uuid.UUID, int]:
    """Extend all leases of `owner`. Returns the drafts it still holds and their urgency now."""
    held = Draft.objects.filter(status=Status.RUNNING, lease_owner=owner)
    held.update(lease_expires_at=Now() + timedelta(seconds=ENV.lease_s))
    return dict(held.values_list("pk", "urgency"))


def append_text(
    draft: Draft,
    owner: str,
    offset: int,
    text: str,
    num_tokens: int,
    *,
    flags: list[dict[str, object]] | None = None,
) -> bool:
    """Store `text` at `offset` (code points), then show it. False: the lease was lost.

    `num_tokens` is the draft's total so far, `flags` what the guard has against its whole
    lines; None: nothing new. The offset is part of the condition, so a doubled
    or late write changes nothing. Stored first, shown second: what a dispatcher has read
    survives any crash and is never taken back.
    """
    changed = (
        Draft.objects.annotate(length=Length("text"))
        .filter(pk=draft.pk, status=Status.RUNNING, lease_owner=owner, length=offset)
        .update(
            text=Concat("text", Value(text)),
            num_tokens=num_tokens,
            predicted_remaining_tokens=Greatest(F("predicted_tokens") - num_tokens, 1),
            first_token_at=Coalesce("first_token_at", Now()),
            lease_expires_at=Now() + timedelta(seconds=ENV.lease_s),
            **({} if flags is None else {"flags": flags}),
        )
    )
    if changed:
        live.publish_on_commit(
            live.incident_group(draft.incident_id),
            {
                "type": "draft.delta",
                "draft_id": str(draft.pk),
                "incident_id": str(draft.incident_id),
                "offset": offset,
                "text": text,
                **({} if flags is None else {"flags": flags}),
            },
        )
    return bool(changed)


@transaction.atomic
def set_card(draft: Draft, card_slug: str, engine_model: str) -> None:
    """Remember what the draft is grounded in and which model writes it."""
    Draft.objects.filter(pk=draft.pk).update(card_slug=card_slug, engine_model=engine_model[:200])


@transaction.atomic
def finish(
    draft: Draft, owner: str, *, flags: list[dict[str, object]], num_preemptions: int
) -> bool:
    """The text is complete. False when the lease was lost meanwhile."""
    current = Draft.objects.filter(pk=draft.pk).values("text", "num_tokens").get()
    digest = hashlib.sha256(current["text"].encode()).hexdigest()
    changed = _held(draft, owner).update(
        status=Status.DONE,
        text_sha256=digest,
        flags=flags,
        num_preemptions=num_preemptions,
        predicted_remaining_tokens=0,
        finished_at=Now(),
        **_NO_LEASE,
    )
    if changed:
        log.record("drafted", incident=draft.incident, draft=str(draft.pk),
                   num_tokens=current["num_tokens"])  # fmt: skip
        _ended(draft, digest=digest, length=len(current["text"]))
    return bool(changed)


@transaction.atomic
def fail(draft: Draft, owner: str, reason: str, *, permanent: bool) -> bool:
    """The engine could not write it. Queued again unless permanent or tried too often."""
    if not permanent and draft.attempts < ENV.max_attempts:
        return _requeue(draft, owner)
    changed = _held(draft, owner).update(
        status=Status.FAILED, failure=reason, finished_at=Now(), **_NO_LEASE
    )
    if changed:
        log.record("draft_failed", incident=draft.incident, draft=str(draft.pk))
        _ended(draft)
    return bool(changed)


@transaction.atomic
def hand_back(draft: Draft, owner: str) -> bool:
    """Put a draft back in the queue, with its text: the next worker goes on from there.

    For a worker that stops in order; it does not count as an attempt.
    """
    return _requeue(draft, owner, attempts=F("attempts") - 1)


def _requeue(draft: Draft, owner: str, **values: object) -> bool:
    changed = _held(draft, owner).update(status=Status.QUEUED, **values, **_NO_LEASE)
    if changed:
        events.incident_changed(draft.incident)
        events.wake_workers()
    return bool(changed)


def expire_leases() -> int:
    """Queue again what belongs to workers that are gone. Returns how many drafts."""
    expired = Draft.objects.filter(status=Status.RUNNING, lease_expires_at__lt=Now())
    count = 0
    for draft in expired.select_related("incident__source")[:500]:
        with transaction.atomic():
            held = Q(lease_owner=draft.lease_owner, lease_expires_at__lt=Now())
            row = Draft.objects.filter(held, pk=draft.pk, status=Status.RUNNING)
            if draft.attempts < ENV.max_attempts:
                changed = row.update(status=Status.QUEUED, **_NO_LEASE)
            else:
                reason = (
                    f"The language model's worker stopped {draft.attempts} times while writing "
                    "this draft. Use the protocol card, or ask for a new draft."
                )
                changed = row.update(
                    status=Status.FAILED, failure=reason, finished_at=Now(), **_NO_LEASE
                )
            if changed:
                count += 1
                log.record("lease_expired", incident=draft.incident, draft=str(draft.pk),
                           owner=draft.lease_owner, attempts=draft.attempts)  # fmt: skip
                events.incident_changed(draft.incident)
                events.wake_workers()
    return count


def cancel_active(incident: Incident, *, actor: User) -> None:
    """A person does not want the draft any more. Call inside a transaction."""
    for draft in incident.drafts.filter(status__in=Draft.ACTIVE):
        changed = Draft.objects.filter(pk=draft.pk, status__in=Draft.ACTIVE).update(
            status=Status.CANCELLED, finished_at=Now(), **_NO_LEASE
        )
        if changed:
            log.record("draft_cancelled", incident=incident, actor=actor, draft=str(draft.pk))
            events.draft_cancelled(draft)


@transaction.atomic
def request_new(incident_id: uuid.UUID, *, actor: User) -> Draft:
    """A person asks for another draft. Raises Conflict while one is being written."""
    from triage.actions import scheduling

    incident = Incident.objects.select_related("source").get(pk=incident_id)
    if incident.status == Incident.Status.CLOSED or incident.urgency is None:
        raise Conflict("A draft can be asked for once the incident is classified and open.")
    if incident.drafts.filter(status__in=Draft.ACTIVE).exists():
        raise Conflict("A draft is being written already.")
    draft = scheduling.enqueue(incident)
    log.record("draft_requested", incident=incident, actor=actor, draft=str(draft.pk))
    events.incident_changed(incident)
    return draft


_NO_LEASE = {"lease_owner": "", "lease_expires_at": None}


def _held(draft: Draft, owner: str):  # -> QuerySet[Draft]
    return Draft.objects.filter(pk=draft.pk, status=Status.RUNNING, lease_owner=owner)


def _ended(draft: Draft, *, digest: str = "", length: int = 0) -> None:
    """Tell the readers that no more text comes, with what they need to check theirs."""
    draft.refresh_from_db()
    live.publish_on_commit(
        live.incident_group(draft.incident_id),
        {
            "type": "draft.final",
            "draft_id": str(draft.pk),
            "incident_id": str(draft.incident_id),
            "status": draft.status,
            "length": length or len(draft.text),
            "sha256": digest,
            "flags": draft.flags,
        },
    )
    events.incident_changed(draft.incident)
