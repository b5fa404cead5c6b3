"""One classification of an incident, with its reasons."""

from django.db import models

from triage.models.ids import new_id
from triage.models.levels import Urgency, is_level


class Assessment(models.Model):
    """What the voices said and what was made of it. At most one is in force."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    incident = models.ForeignKey(
        "triage.Incident", on_delete=models.CASCADE, related_name="assessments"
    )
    in_force = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    urgency = models.PositiveSmallIntegerField(choices=Urgency.choices)
    confidence = models.FloatField(help_text="0.0–1.0")
    level_probabilities = models.JSONField(help_text="Five numbers, level 0 first; sum 1.")
    voices = models.JSONField(help_text="[{name, level, reason, evidence, confidence}]")
    evidence = models.JSONField(help_text="[{start, end, text, reason, voice}], in the message")
    complaint = models.SlugField(blank=True)
    complaint_scores = models.JSONField(default=dict)
    rule_hits = models.JSONField(default=list)
    disagreement = models.BooleanField(default=False)
    assessed = models.BooleanField(help_text="The model took part.")
    model_version = models.CharField(max_length=80, blank=True)
    latency_ms = models.FloatField()
    # The language model as a further voice, when TRIAGE_LLM_VOICE is on
    llm_asked_at = models.DateTimeField(null=True, blank=True)
    llm_heard_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="assessment_unheard",
                condition=models.Q(in_force=True, llm_heard_at__isnull=True),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["incident"],
                condition=models.Q(in_force=True),
                name="assessment_one_in_force",
            ),
            models.CheckConstraint(name="assessment_urgency", condition=is_level("urgency")),
        ]

    def __str__(self) -> str:
        return f"level {self.urgency}"
