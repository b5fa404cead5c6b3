"""Addresses."""

from django.contrib import admin
from django.urls import include, path

from triage.admin.models_page import models_view
from triage.config import health

urlpatterns = [
    path("", include("triage.console.urls")),
    path("api/v1/", include("triage.api.urls")),
    path("admin/models/", models_view, name="models-in-service"),
    path("admin/", admin.site.urls),
    path("healthz/", health.live, name="health-live"),
    path("readyz/", health.ready, name="health-ready"),
]
handler403 = "triage.config.errors.forbidden"
handler404 = "triage.config.errors.not_found"
handler500 = "triage.config.errors.server_error"
