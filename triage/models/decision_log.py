"""Who did what, when and why: the audit trail. Rows are only ever added."""

from django.conf import settings
from django.db import models


class DecisionLogEntry(models.Model):
    """One act of a person or of the system. Holds ids and levels, never a patient's words."""

    at = models.DateTimeField(auto_now_add=True)
    incident = models.ForeignKey(
        "triage.Incident", null=True, blank=True, on_delete=models.CASCADE, related_name="log"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT
    )
    actor_name = models.CharField(max_length=150, help_text="A user, a source or the system.")
    action = models.CharField(max_length=40)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "decision log"
        indexes = [models.Index(fields=["incident", "-at"], name="log_of_incident")]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_name}"
