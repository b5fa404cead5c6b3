"""Every error of the API as an RFC 9457 problem document, rendered in this one place."""

import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from triage.config.middleware import RETRY_AFTER_S
from triage.errors import TriageError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


def problem(status: int, title: str, detail: str, **members: Any) -> dict[str, Any]:
    """The members of a problem document; `type` says that the status tells it all."""
    return {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}


def problem_handler(error: Exception, context: dict[str, Any]) -> Response:
    """Django REST framework's exception handler: known errors and unknown ones alike."""
    set_rollback()
    headers: dict[str, str] = {}
    if isinstance(error, Http404):
        error = exceptions.NotFound("There is no such thing, or it is not yours to see.")
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, TriageError):
        body = problem(error.status, error.title, error.detail, **_fields(error.fields))
        if error.retry_after_s is not None:
            headers["Retry-After"] = str(error.retry_after_s)
    elif isinstance(error, OperationalError | InterfaceError):
        body = problem(503, "Service unavailable", "The database cannot be reached; nothing was "
                       "stored. Send it again in a moment.")  # fmt: skip
        headers["Retry-After"] = str(RETRY_AFTER_S)
    elif isinstance(error, exceptions.APIException):
        body = _of_api_exception(error)
        if getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = str(error.auth_header)
        if getattr(error, "wait", None):
            headers["Retry-After"] = str(int(error.wait))
    else:
        log.exception("Unhandled error in the API")
        body = problem(500, "Internal error", "Something went wrong on our side; it is logged.")
    return Response(body, status=body["status"], headers=headers, content_type=MEDIA_TYPE)


def _of_api_exception(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        detail = error.detail if isinstance(error.detail, dict) else {"body": error.detail}
        fields = {name: [str(item) for item in _flat(items)] for name, items in detail.items()}
        return problem(422, "The request is not valid", "See the fields.", **_fields(fields))
    title = HTTPStatus(error.status_code).phrase
    return problem(error.status_code, title, str(error.detail))


def _flat(items: Any) -> list[Any]:
    return list(items) if isinstance(items, list | tuple) else [items]


def _fields(fields: dict[str, list[str]]) -> dict[str, Any]:
    errors = [
        {"field": name, "detail": detail} for name, details in fields.items() for detail in details
    ]
    return {"errors": errors} if errors else {}


def not_found(request: HttpRequest, *_args: Any) -> JsonResponse:
    """The problem document for an address that does not exist below /api/."""
    body = problem(404, "Not Found", f"There is nothing at {request.path}.")
    return JsonResponse(body, status=404, content_type=MEDIA_TYPE)
