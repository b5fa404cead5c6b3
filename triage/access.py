"""Who may see what. Objects reach a person or a source only through these functions."""

import uuid
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.utils import timezone

from triage.models import ApiToken, Draft, Incident, Source, User
from triage.models.source import digest_of

LAST_USED_EVERY_S = 60


def visible_incidents(user: User | AnonymousUser | None, source: Source | None) -> QuerySet:
    """All for a user with the permission; for a source its own, unless it may read all."""
    incidents = Incident.objects.select_related("source")
    if source is not None:
        return incidents if source.may_read_all else incidents.filter(source=source)
    if user is not None and user.is_active and user.has_perm("triage.view_incident"):
        return incidents
    return incidents.none()


def visible_drafts(user: User | AnonymousUser | None, source: Source | None) -> QuerySet:
    """The drafts of the incidents that are visible."""
    return Draft.objects.filter(incident__in=visible_incidents(user, source))


def source_of_token(token: str) -> Source | None:
    """The source whose usable token this is, or None. Remembers when it was last used."""
    row = ApiToken.objects.select_related("source").filter(digest=digest_of(token)).first()
    if row is None or not row.usable:
        return None
    now = timezone.now()
    if row.last_used_at is None or (now - row.last_used_at).total_seconds() > LAST_USED_EVERY_S:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    return row.source


def bearer_token(header: str) -> str:
    """The token in an Authorization header, or nothing."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def parse_id(text: Any) -> uuid.UUID | None:
    """A UUID from outside, or None when it is none."""
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None
