"""One generation request for an incident, and the text it brought."""

from django.conf import settings
from django.db import models

from triage.models.ids import new_id
from triage.models.levels import Urgency, is_level

SEMANTIC_KEY = ("urgency", "predicted_remaining_tokens", "enqueued_at")


class Draft(models.Model):
    """queued → running → done | failed | cancelled; running → queued when a lease ends.

    The queue is ordered by the semantic key (SEMANTIC_KEY). A draft counts as sent only when
    a person has approved it.
    """

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    class Review(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        EDITED = "edited", "edited and approved"
        REJECTED = "rejected"

    ACTIVE = (Status.QUEUED, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    incident = models.ForeignKey("triage.Incident", on_delete=models.CASCADE, related_name="drafts")
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.QUEUED)
    card_slug = models.SlugField(blank=True)

    # The semantic key
    urgency = models.PositiveSmallIntegerField(choices=Urgency.choices)
    predicted_tokens = models.PositiveIntegerField()
    predicted_remaining_tokens = models.PositiveIntegerField()
    baseline_tokens = models.PositiveIntegerField(
        default=0, help_text="Predicted without the correction by earlier drafts; 0: not known."
    )
    enqueued_at = models.DateTimeField()

    # The lease
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    # What came of it
    text = models.TextField(blank=True)
    text_sha256 = models.CharField(max_length=64, blank=True, help_text="Set when done.")
    num_tokens = models.PositiveIntegerField(default=0)
    num_preemptions = models.PositiveIntegerField(default=0)
    engine_model = models.CharField(max_length=200, blank=True)
    flags = models.JSONField(default=list, blank=True, help_text="What the draft guard found.")
    failure = models.TextField(blank=True, help_text="Why it failed, for a person to read.")
    started_at = models.DateTimeField(null=True, blank=True)
    first_token_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    # What a person made of it
    review = models.CharField(max_length=8, choices=Review.choices, default=Review.PENDING)
    final_text = models.TextField(blank=True)
    review_reason = models.CharField(max_length=300, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-enqueued_at"]
        permissions = [("review_draft", "Can approve, edit or reject a draft")]
        indexes = [
            models.Index(
                fields=[*SEMANTIC_KEY],
                name="draft_queue",
                condition=models.Q(status="queued"),
            ),
            models.Index(
                fields=["lease_expires_at"],
                name="draft_leases",
                condition=models.Q(status="running"),
            ),
            models.Index(
                fields=["-finished_at"],
                name="draft_lengths",
                condition=models.Q(status="done"),
            ),
        ]
        constraints = [
            models.CheckConstraint(name="draft_urgency", condition=is_level("urgency")),
            models.UniqueConstraint(
                fields=["incident"],
                condition=models.Q(status__in=["queued", "running"]),
                name="draft_one_active",
            ),
            models.CheckConstraint(
                name="draft_running_is_leased",
                condition=models.Q(status="running", lease_expires_at__isnull=False)
                & ~models.Q(lease_owner="")
                | ~models.Q(status="running") & models.Q(lease_owner=""),
            ),
            models.CheckConstraint(
                name="draft_failed_says_why",
                condition=~models.Q(status="failed") | ~models.Q(failure=""),
            ),
            models.CheckConstraint(
                name="draft_only_done_is_approved",
                condition=models.Q(review__in=["pending", "rejected"]) | models.Q(status="done"),
            ),
        ]

    def __str__(self) -> str:
        return f"draft {self.id.hex[-6:]} ({self.status})"
