"""The board and the new-incident form."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from triage.actions import intake
from triage.console.access import needs
from triage.console.forms import NewIncidentForm, add_error
from triage.errors import TriageError
from triage.models import Urgency


@needs("view_incident")
def board(request: HttpRequest) -> HttpResponse:
    """All open incidents, most urgent first; the rows come over the websocket."""
    return render(request, "board.html", {"levels": Urgency.choices})


@needs("submit_incident")
def new_incident(request: HttpRequest) -> HttpResponse:
    """Take a report in."""
    form = NewIncidentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            incident, created = intake.submit(
                form.report(),
                user=request.user,
                idempotency_key=form.cleaned_data["idempotency_key"],
            )
        except TriageError as error:
            add_error(form, error)
        else:
            if not created:
                messages.info(request, "This report was stored already.")
            return redirect("incident", incident_id=incident.pk)
    status = 422 if form.errors else 200
    return render(request, "incident_new.html", {"form": form}, status=status)
