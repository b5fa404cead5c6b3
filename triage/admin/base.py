"""What the admin pages share: every change goes to the decision log."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from triage.actions import log


class LoggedAdmin(admin.ModelAdmin):
    """Records who changed which object, and which of its fields."""

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        log.record(
            f"{obj._meta.model_name}_{'changed' if change else 'added'}",
            actor=request.user,
            id=str(obj.pk),
            fields=list(form.changed_data),
        )

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        log.record(f"{obj._meta.model_name}_deleted", actor=request.user, id=str(obj.pk))
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for obj in queryset:
            self.delete_model(request, obj)


class ReadOnlyAdmin(admin.ModelAdmin):
    """To look at only; the audit trail must not be edited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
