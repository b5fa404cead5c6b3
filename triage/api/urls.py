from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from triage.api import problems, views

urlpatterns = [
    path("incidents/", views.IncidentList.as_view(), name="api-incidents"),
    path("incidents/<uuid:pk>/", views.IncidentDetail.as_view(), name="api-incident"),
    path("drafts/<uuid:pk>/", views.DraftDetail.as_view(), name="api-draft"),
    path("system/", views.SystemState.as_view(), name="api-system"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    re_path(r"^.*$", problems.not_found),
]
