"""Taking an incident in: every edge (form, REST, adapters) comes through `submit`."""

import hashlib
import json
import uuid
from dataclasses import asdict, dataclass

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from triage import broker, classify
from triage.actions import events, log
from triage.config.settings import ENV
from triage.errors import IdempotencyConflict, InvalidReport, Overloaded
from triage.models import Incident, Source, User

MAX_MESSAGE_CHARS = 20_000
MAX_AGE_YEARS = 130
MAX_KEY_CHARS = 200
# Invisible characters that could hide words from a reader or a rule; NUL breaks PostgreSQL.
_CONTROLS = [*range(9), 11, 12, *range(14, 32), *range(127, 160), 0x00AD, 0xFEFF]
_ZERO_WIDTH_AND_BIDI = [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)]
_INVISIBLE = dict.fromkeys([*_CONTROLS, *_ZERO_WIDTH_AND_BIDI])


@dataclass(frozen=True, slots=True)
class NewReport:
    """What an edge hands over. Only the message is obligatory."""

    message: str
    age_years: float | None = None
    sex: str = ""
    location: str = ""
    callback_number: str = ""
    source_level: int | None = None
    raw_payload: str = ""


def submit(
    report: NewReport,
    *,
    user: User | None = None,
    source: Source | None = None,
    idempotency_key: str = "",
) -> tuple[Incident, bool]:
    """Store a report and have it classified. Returns the incident and whether it is new.

    The same key from the same submitter brings the same incident again.
    Raises InvalidReport, IdempotencyConflict (same key, other content) or Overloaded.
    """
    report = clean(report)
    if len(idempotency_key) > MAX_KEY_CHARS or "\x00" in idempotency_key:
        raise InvalidReport(
            "The Idempotency-Key is not usable.",
            fields={"Idempotency-Key": [f"At most {MAX_KEY_CHARS} characters, no NUL."]},
        )
    scope = f"source:{source.pk}" if source else f"user:{user.pk}" if user else "anonymous"
    key = idempotency_key or uuid.uuid4().hex
    digest = _digest(report)
    known = Incident.objects.filter(dedupe_scope=scope, idempotency_key=key).first()
    if known is None:
        _refuse_when_full()
        try:
            return _store(report, user, source, scope, key, digest), True
        except IntegrityError:  # somebody with the same key was faster
            known = Incident.objects.get(dedupe_scope=scope, idempotency_key=key)
    if known.payload_digest != digest:
        raise IdempotencyConflict(
            "Another report was already stored under this Idempotency-Key. "
            "Send a new key for a new report, or the same content for a repeat."
        )
    return known, False


def clean(report: NewReport) -> NewReport:
    """Drop invisible characters and check every field, all errors at once.

    Raises InvalidReport naming each wrong field.
    """
    texts = {
        name: getattr(report, name).translate(_INVISIBLE).strip()
        for name in ("message", "sex", "location", "callback_number")
    }
    errors: dict[str, list[str]] = {}
    if not texts["message"]:
        errors["message"] = ["Say what was reported; the message is empty."]
    elif len(texts["message"]) > MAX_MESSAGE_CHARS:
        errors["message"] = [f"At most {MAX_MESSAGE_CHARS} characters; send the essentials first."]
    age = report.age_years
    if age is not None and not 0 <= age <= MAX_AGE_YEARS:
        errors["age_years"] = [f"An age is between 0 and {MAX_AGE_YEARS} years."]
    if texts["sex"] and texts["sex"] not in Incident.Sex.values:
        errors["sex"] = [f"One of {', '.join(Incident.Sex.values)}, or nothing."]
    if report.source_level is not None and not 0 <= report.source_level <= 4:
        errors["source_level"] = ["A level is 0 (immediate) to 4 (non-urgent)."]
    for name, limit in (("location", 300), ("callback_number", 40)):
        if len(texts[name]) > limit:
            errors[name] = [f"At most {limit} characters."]
    if errors:
        raise InvalidReport("The report was not stored; see the fields.", fields=errors)
    return NewReport(
        **texts,
        age_years=age,
        source_level=report.source_level,
        raw_payload=report.raw_payload.replace("\x00", "\ufffd"),
    )


def _digest(report: NewReport) -> str:
    content = {name: value for name, value in asdict(report).items() if name != "raw_payload"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _refuse_when_full() -> None:
    """Over the hard limit nothing more is taken, loudly; never a silent drop."""
    waiting = Incident.objects.filter(status=Incident.Status.RECEIVED)
    if waiting[: ENV.intake_hard_limit].count() >= ENV.intake_hard_limit:
        raise Overloaded(
            f"{ENV.intake_hard_limit} incidents wait for classification; this one was not "
            "stored. Send it again with the same Idempotency-Key in a few seconds."
        )


@transaction.atomic
def _store(
    report: NewReport,
    user: User | None,
    source: Source | None,
    scope: str,
    key: str,
    digest: str,
) -> Incident:
    incident = Incident.objects.create(
        **asdict(report),
        presumed_urgency=_presumed(report),
        received_at=timezone.now(),
        submitted_by=user,
        source=source,
        dedupe_scope=scope,
        idempotency_key=key,
        payload_digest=digest,
    )
    log.record(
        "submitted",
        incident=incident,
        actor=user,
        actor_name=source.name if source else "",
        length=len(report.message),
    )
    request_classification(incident)
    events.incident_changed(incident)
    return incident


def _presumed(report: NewReport) -> int:
    return classify.glance(
        classify.Report(
            message=report.message, age_years=report.age_years, source_level=report.source_level
        )
    )


def request_classification(incident: Incident) -> None:
    """Send the task once the row is committed. A broker that is away loses only a hint."""
    transaction.on_commit(lambda: broker.send_classify(incident.id))


@transaction.atomic
def close(incident_id: uuid.UUID, *, actor: User) -> Incident:
    """A person closes an incident. Its running draft, if any, is cancelled."""
    from triage.actions import drafts

    incident = Incident.objects.select_for_update().get(pk=incident_id)
    if incident.status == Incident.Status.CLOSED:
        return incident
    if incident.urgency is None:
        raise InvalidReport("An incident without a level cannot be closed; set its level first.")
    drafts.cancel_active(incident, actor=actor)
    Incident.objects.filter(pk=incident.pk).update(
        status=Incident.Status.CLOSED, closed_at=timezone.now(), revision=F("revision") + 1
    )
    log.record("closed", incident=incident, actor=actor)
    incident.refresh_from_db()
    events.incident_changed(incident)
    return incident
