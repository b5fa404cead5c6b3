"""One incident: what was said, why the level, and the draft."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from triage import access
from triage.actions import events, log
from triage.console.access import needs
from triage.console.forms import OverrideForm
from triage.llm.cards import FALLBACK, load_cards
from triage.models import Incident, Urgency


@needs("view_incident")
def page(request: HttpRequest, incident_id: uuid.UUID) -> HttpResponse:
    """The whole page; the view is audited."""
    incident = get_object_or_404(access.visible_incidents(request.user, None), pk=incident_id)
    log.record("viewed", incident=incident, actor=request.user)
    return render(request, "incident.html", context(request, incident))


@needs("view_incident")
def details(request: HttpRequest, incident_id: uuid.UUID) -> HttpResponse:
    """The part of the page that changes with the incident, for the page to replace."""
    incident = get_object_or_404(access.visible_incidents(request.user, None), pk=incident_id)
    return render(request, "_incident_details.html", context(request, incident))


def context(
    request: HttpRequest, incident: Incident, override_form: OverrideForm | None = None
) -> dict[str, Any]:
    """What the incident's templates show."""
    assessment = incident.assessments.filter(in_force=True).first()
    draft = events.latest_draft(incident)
    cards = load_cards()
    slug = (draft.card_slug if draft else "") or incident.complaint
    probabilities = assessment.level_probabilities if assessment else []
    return {
        "incident": incident,
        "assessment": assessment,
        "chances": [
            (level, Urgency(level).label, round(100 * share))
            for level, share in enumerate(probabilities)
        ],
        "draft": draft,
        "card": cards.get(slug) or cards[FALLBACK],
        "history": incident.log.select_related("actor")[:50],
        "override_form": override_form
        or OverrideForm(initial={"urgency": incident.urgency}, auto_id="override_%s"),
        "may_override": request.user.has_perm("triage.override_urgency"),
        "may_review": request.user.has_perm("triage.review_draft"),
        "levels": Urgency.choices,
    }
