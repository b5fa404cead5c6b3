"""The page that shows which models are in service, and their figures."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from triage.actions import in_service


@admin.site.admin_view
def models_view(request: HttpRequest) -> HttpResponse:
    """Stored and live model versions, measured figures, and how the latest drafts did."""
    urgency = in_service.urgency_in_service()
    context = {
        **admin.site.each_context(request),
        "title": "Models in service",
        "urgency": urgency,
        "drafts": in_service.drafts_in_service(),
        "shares": in_service.SHARES.values(),
        "other_version": urgency.live_version not in ("", urgency.stored_version),
    }
    return render(request, "admin/models.html", context)
