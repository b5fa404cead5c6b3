"""The processes that write drafts, as the screens and the health check see them."""

from django.db import models


class Worker(models.Model):
    """One running LLM worker. It refreshes its row about once a second; a stopped one has none."""

    class EngineState(models.TextChoices):
        STARTING = "starting"
        READY = "ready"
        DOWN = "down"

    name = models.CharField(max_length=80, primary_key=True, help_text="Owner of its leases.")
    host = models.CharField(max_length=200)
    pid = models.PositiveIntegerField()
    engine_state = models.CharField(
        max_length=8, choices=EngineState.choices, default=EngineState.STARTING
    )
    detail = models.TextField(blank=True, help_text="Why the engine is down, for a person.")
    model = models.CharField(max_length=200, blank=True)
    stats = models.JSONField(default=dict, help_text="Counters of the engine's scheduler.")
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["started_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.engine_state})"
