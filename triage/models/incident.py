"""What was reported."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from triage.models.ids import new_id
from triage.models.levels import Urgency, is_level


class Incident(models.Model):
    """One report, from its arrival to its closing. Nothing that came in is ever lost."""

    class Status(models.TextChoices):
        RECEIVED = "received"
        CLASSIFIED = "classified"
        CLOSED = "closed"

    class Sex(models.TextChoices):
        FEMALE = "female"
        MALE = "male"
        OTHER = "other"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RECEIVED)
    received_at = models.DateTimeField(default=timezone.now)
    classified_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    # What was said
    message = models.TextField()
    age_years = models.FloatField(null=True, blank=True)
    sex = models.CharField(max_length=6, choices=Sex.choices, blank=True)
    location = models.CharField(max_length=300, blank=True)
    callback_number = models.CharField(max_length=40, blank=True)
    source_level = models.PositiveSmallIntegerField(null=True, blank=True, choices=Urgency.choices)

    # Who said it, and how
    source = models.ForeignKey("triage.Source", null=True, blank=True, on_delete=models.PROTECT)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT
    )
    raw_payload = models.TextField(blank=True, help_text="Exactly what the source sent.")
    dedupe_scope = models.CharField(max_length=40, help_text="Whose idempotency keys these are.")
    idempotency_key = models.CharField(max_length=200)
    payload_digest = models.CharField(max_length=64)

    # What we make of it
    presumed_urgency = models.PositiveSmallIntegerField(
        choices=Urgency.choices, default=Urgency.IMMEDIATE,
        help_text="By a first glance at its arrival; orders the wait for the assessment.",
    )  # fmt: skip
    urgency = models.PositiveSmallIntegerField(null=True, blank=True, choices=Urgency.choices)
    decided_by_person = models.BooleanField(default=False)
    late = models.BooleanField(default=False, help_text="Not assessed within the deadline.")
    assessed = models.BooleanField(default=False, help_text="The model took part.")
    disagreement = models.BooleanField(default=False)
    complaint = models.SlugField(blank=True)
    language = models.CharField(max_length=8, blank=True)
    tags = models.JSONField(default=list, blank=True)

    revision = models.PositiveIntegerField(default=1, help_text="Grows with every change.")

    class Meta:
        ordering = ["-received_at"]
        permissions = [
            ("submit_incident", "Can submit an incident"),
            ("override_urgency", "Can override an incident's urgency"),
        ]
        indexes = [
            models.Index(fields=["status", "urgency", "received_at"], name="incident_board"),
            models.Index(
                fields=["presumed_urgency", "received_at"],
                name="incident_unclassified",
                condition=models.Q(status="received"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["dedupe_scope", "idempotency_key"], name="incident_once_per_key"
            ),
            models.CheckConstraint(
                name="incident_urgency", condition=is_level("urgency", nullable=True)
            ),
            models.CheckConstraint(
                name="incident_presumed_urgency", condition=is_level("presumed_urgency")
            ),
            models.CheckConstraint(
                name="incident_source_level", condition=is_level("source_level", nullable=True)
            ),
            models.CheckConstraint(
                name="incident_classified_has_urgency",
                condition=models.Q(status="received") | models.Q(urgency__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """Short name to say aloud: the last six hexadecimal digits."""
        return self.id.hex[-6:].upper()
