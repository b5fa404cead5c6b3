"""Cross-cutting answers: a database outage is a 503, and pages run no foreign script."""

from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

Handler = Callable[[HttpRequest], HttpResponse]

RETRY_AFTER_S = 2
_SCRIPTS = "script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"


class DatabaseOutageMiddleware:
    """Turn a lost database into 503 with Retry-After: nothing was stored, try again."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        except (OperationalError, InterfaceError):
            return unavailable(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, OperationalError | InterfaceError):
            return unavailable(request)
        return None


def unavailable(request: HttpRequest) -> HttpResponse:
    """The answer while the database is away; a problem document on the API."""
    detail = "The database cannot be reached; nothing was stored. Send it again in a moment."
    if request.path.startswith("/api/"):
        body = {"type": "about:blank", "title": "Service unavailable", "status": 503,
                "detail": detail}  # fmt: skip
        response: HttpResponse = JsonResponse(
            body, status=503, content_type="application/problem+json"
        )
    else:
        response = render(request, "503.html", {"detail": detail}, status=503)
    response["Retry-After"] = str(RETRY_AFTER_S)
    return response


class ContentSecurityPolicyMiddleware:
    """Scripts, frames and sockets come from this site alone."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault(
            "Content-Security-Policy",
            f"default-src 'self'; {_SCRIPTS}; connect-src 'self'; frame-ancestors 'none'; "
            "base-uri 'self'; form-action 'self'",
        )
        return response
