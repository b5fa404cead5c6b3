"""The REST endpoints. Each parses, calls one action, answers."""

import json
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from triage import access
from triage.actions import intake, workers
from triage.api.cloudevents import unwrap
from triage.api.parsers import CloudEventsParser, StrictJSONParser
from triage.api.serializers import (
    DraftSerializer,
    IncidentDetailSerializer,
    IncidentSerializer,
    ReportSerializer,
)
from triage.models import Incident, Source, User

KEY_HEADER = OpenApiParameter(
    "Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER,
    description="Repeat a request safely: the same key brings the same incident.",
)  # fmt: skip


class NewestFirst(CursorPagination):
    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering = ("-received_at", "-id")


class IncidentList(generics.ListAPIView):
    """Incidents: list what you may see, submit a new one."""

    serializer_class = IncidentSerializer
    pagination_class = NewestFirst
    parser_classes = (StrictJSONParser, CloudEventsParser)

    def get_queryset(self):
        incidents = access.visible_incidents(*_who(self.request))
        wanted_status = self.request.query_params.get("status")
        urgency = self.request.query_params.get("urgency")
        if wanted_status:
            if wanted_status not in Incident.Status.values:
                raise ValidationError({"status": [f"One of {', '.join(Incident.Status.values)}."]})
            incidents = incidents.filter(status=wanted_status)
        if urgency:
            if urgency not in {"0", "1", "2", "3", "4"}:
                raise ValidationError({"urgency": ["A level is 0 to 4."]})
            incidents = incidents.filter(urgency=int(urgency))
        return incidents

    @extend_schema(
        parameters=[
            OpenApiParameter("status", str, enum=Incident.Status.values),
            OpenApiParameter("urgency", int, description="0 to 4"),
        ]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        parameters=[KEY_HEADER],
        request=ReportSerializer,
        responses={201: IncidentSerializer, 200: IncidentSerializer},
    )
    def post(self, request: Request) -> Response:
        user, source = _who(request)
        if source is None and not (user and user.has_perm("triage.submit_incident")):
            raise PermissionDenied("Your role may not submit incidents.")
        report, event_key = unwrap(request.data)
        serializer = ReportSerializer(data=report)
        serializer.is_valid(raise_exception=True)
        incident, created = intake.submit(
            intake.NewReport(**serializer.validated_data, raw_payload=json.dumps(request.data)),
            user=user,
            source=source,
            idempotency_key=request.headers.get("Idempotency-Key", "") or event_key,
        )
        return Response(
            IncidentSerializer(incident).data,
            status=status.HTTP_201_CREATED if created else status.HTTP_200_OK,
            headers={"Location": reverse("api-incident", [incident.pk], request=request)},
        )


class IncidentDetail(generics.RetrieveAPIView):
    """One incident with its assessment and drafts."""

    serializer_class = IncidentDetailSerializer

    def get_queryset(self):
        return access.visible_incidents(*_who(self.request)).prefetch_related("drafts")


class DraftDetail(generics.RetrieveAPIView):
    """One draft with its text."""

    serializer_class = DraftSerializer

    def get_queryset(self):
        return access.visible_drafts(*_who(self.request))


class SystemState(APIView):
    """The engine's state, the queue and the scheduler's counters."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, _request: Request) -> Response:
        return Response(workers.system_state())


def _who(request: Request) -> tuple[User | None, Source | None]:
    """The person or the source behind a request."""
    if isinstance(request.auth, Source):
        return None, request.auth
    return (request.user if isinstance(request.user, User) else None), None
