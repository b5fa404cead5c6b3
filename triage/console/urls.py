from django.contrib.auth import views as auth
from django.urls import path

from triage.console.views import board, incident, review

urlpatterns = [
    path("", board.board, name="board"),
    path("login/", auth.LoginView.as_view(template_name="login.html",
         redirect_authenticated_user=True), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("incidents/new/", board.new_incident, name="incident-new"),
    path("incidents/<uuid:incident_id>/", incident.page, name="incident"),
    path("incidents/<uuid:incident_id>/details/", incident.details, name="incident-details"),
    path("incidents/<uuid:incident_id>/urgency/", review.override, name="override"),
    path("incidents/<uuid:incident_id>/close/", review.close, name="incident-close"),
    path("incidents/<uuid:incident_id>/drafts/", review.new_draft, name="draft-new"),
    path("drafts/<uuid:draft_id>/approve/", review.approve, name="draft-approve"),
    path("drafts/<uuid:draft_id>/reject/", review.reject, name="draft-reject"),
]  # fmt: skip
