"""What a dispatcher decides: the level, the draft, the end of an incident."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from triage import access
from triage.actions import drafts, intake, overrides
from triage.actions import review as reviewing
from triage.console.access import needs
from triage.console.forms import OverrideForm, add_error
from triage.console.views.incident import context
from triage.errors import TriageError
from triage.models import Draft, Incident


@require_POST
@needs("override_urgency")
def override(request: HttpRequest, incident_id: uuid.UUID) -> HttpResponse:
    """Set the level, with a reason."""
    incident = get_object_or_404(access.visible_incidents(request.user, None), pk=incident_id)
    form = OverrideForm(request.POST, auto_id="override_%s")
    if form.is_valid():
        try:
            overrides.override_urgency(
                incident.pk,
                form.cleaned_data["urgency"],
                form.cleaned_data["reason"],
                actor=request.user,
            )
        except TriageError as error:
            add_error(form, error)
        else:
            return redirect("incident", incident_id=incident.pk)
    return render(request, "incident.html", context(request, incident, form), status=422)


@require_POST
@needs("review_draft")
def approve(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Approve a draft, as it is or edited."""
    draft = _draft(request, draft_id)
    _try(request, lambda: reviewing.approve(
        draft.pk, actor=request.user, edited_text=request.POST.get("text")))  # fmt: skip
    return redirect("incident", incident_id=draft.incident_id)


@require_POST
@needs("review_draft")
def reject(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Reject a draft."""
    draft = _draft(request, draft_id)
    reason = request.POST.get("reason", "")
    _try(request, lambda: reviewing.reject(draft.pk, actor=request.user, reason=reason))
    return redirect("incident", incident_id=draft.incident_id)


@require_POST
@needs("review_draft")
def new_draft(request: HttpRequest, incident_id: uuid.UUID) -> HttpResponse:
    """Ask for another draft."""
    incident = _incident(request, incident_id)
    _try(request, lambda: drafts.request_new(incident.pk, actor=request.user))
    return redirect("incident", incident_id=incident.pk)


@require_POST
@needs("review_draft")
def close(request: HttpRequest, incident_id: uuid.UUID) -> HttpResponse:
    """Close an incident."""
    incident = _incident(request, incident_id)
    if _try(request, lambda: intake.close(incident.pk, actor=request.user)):
        return redirect("board")
    return redirect("incident", incident_id=incident.pk)


def _incident(request: HttpRequest, incident_id: uuid.UUID) -> Incident:
    return get_object_or_404(access.visible_incidents(request.user, None), pk=incident_id)


def _draft(request: HttpRequest, draft_id: uuid.UUID) -> Draft:
    draft = access.visible_drafts(request.user, None).filter(pk=draft_id).first()
    if draft is None:
        raise Http404
    return draft


def _try(request: HttpRequest, action) -> bool:
    """Carry out an action; what it refuses is shown on the next page."""
    try:
        action()
    except TriageError as error:
        details = [detail for items in error.fields.values() for detail in items]
        messages.error(request, " ".join([error.detail, *details]))
        return False
    return True
