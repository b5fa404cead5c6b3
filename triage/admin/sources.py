"""Intake systems and their tokens. A token's secret is shown once, when it is made."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from triage.actions import log
from triage.admin.base import LoggedAdmin
from triage.models import ApiToken, Source


@admin.register(Source)
class SourceAdmin(LoggedAdmin):
    list_display = ("name", "slug", "active", "may_read_all", "created_at")
    list_filter = ("active",)
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}


@admin.register(ApiToken)
class ApiTokenAdmin(LoggedAdmin):
    list_display = ("prefix", "source", "label", "created_at", "expires_at", "revoked_at",
                    "last_used_at")  # fmt: skip
    list_filter = ("source",)
    fields = ("source", "label", "expires_at", "revoked_at")
    readonly_fields = ("revoked_at",)
    actions = ("revoke",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        secret = None if change else obj.set_secret()
        super().save_model(request, obj, form, change)
        if secret:
            messages.warning(request, f"The token, shown this once: {secret}")

    @admin.action(description="Revoke the selected tokens")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset.filter(revoked_at__isnull=True):
            ApiToken.objects.filter(pk=token.pk).update(revoked_at=timezone.now())
            log.record("token_revoked", actor=request.user, prefix=token.prefix)
        messages.info(request, "Revoked; requests with these tokens are refused from now on.")
