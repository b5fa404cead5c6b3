"""What happened: incidents, assessments, drafts, workers and the decision log. Read-only."""

from django.contrib import admin

from triage.admin.base import ReadOnlyAdmin
from triage.models import Assessment, DecisionLogEntry, Draft, Incident, Worker


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin):
    list_display = ("reference", "status", "urgency", "received_at", "source", "late", "assessed")
    list_filter = ("status", "urgency", "late", "assessed", "source")


@admin.register(Assessment)
class AssessmentAdmin(ReadOnlyAdmin):
    list_display = ("incident", "urgency", "confidence", "complaint", "model_version",
                    "latency_ms", "in_force")  # fmt: skip
    list_filter = ("urgency", "model_version", "disagreement")


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    list_display = ("incident", "status", "urgency", "num_tokens", "num_preemptions", "review",
                    "engine_model")  # fmt: skip
    list_filter = ("status", "review", "urgency")


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    list_display = ("name", "engine_state", "model", "heartbeat_at", "detail")


@admin.register(DecisionLogEntry)
class DecisionLogAdmin(ReadOnlyAdmin):
    list_display = ("at", "action", "actor_name", "incident", "detail")
    list_filter = ("action",)
    search_fields = ("actor_name", "action")
    date_hierarchy = "at"
