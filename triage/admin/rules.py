"""Priority rules, and trying one on recent incidents before it is switched on."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.html import format_html

from triage.actions import trial
from triage.admin.base import LoggedAdmin
from triage.models import NUMBERED_LEVELS, PriorityRule


@admin.register(PriorityRule)
class PriorityRuleAdmin(LoggedAdmin):
    list_display = ("name", "order", "active", "action", "level", "tag", "author", "try_link")
    list_filter = ("active", "action", "level")
    search_fields = ("name", "words", "pattern", "reason")
    readonly_fields = ("author", "updated_at")
    fieldsets = (
        (None, {"fields": ("name", "order", "active", "reason")}),
        (
            "When it applies (all that is given must hold)",
            {
                "fields": (
                    ("words", "pattern"), ("min_age", "max_age"), "source",
                    ("time_from", "time_until"), ("active_from", "active_until"),
                )
            },
        ),
        ("What it does", {"fields": ("action", "level", "tag")}),
        ("By whom", {"fields": ("author", "updated_at")}),
    )  # fmt: skip

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "level":
            kwargs["choices"] = [("", "none"), *NUMBERED_LEVELS]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.author = request.user
        super().save_model(request, obj, form, change)

    def get_urls(self) -> list[Any]:
        trying = path(
            "<int:rule_id>/try/", self.admin_site.admin_view(self.try_view), name="rule-try"
        )
        return [trying, *super().get_urls()]

    @admin.display(description="")
    def try_link(self, rule: PriorityRule) -> str:
        return format_html('<a href="{}">try it</a>', reverse("admin:rule-try", args=[rule.pk]))

    def try_view(self, request: HttpRequest, rule_id: int) -> HttpResponse:
        """What the rule would have done to the last incidents; changes nothing."""
        rule = get_object_or_404(PriorityRule, pk=rule_id)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Try the rule “{rule.name}”",
            "rule": rule,
            "trial": trial.try_rule(rule),
        }
        return render(request, "admin/try_rule.html", context)
