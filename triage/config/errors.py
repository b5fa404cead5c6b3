"""Pages for what went wrong; below /api/ problem documents instead. Never a traceback."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from triage.api import problems


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    if request.path.startswith("/api/"):
        return problems.not_found(request)
    return render(request, "404.html", status=404)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the role does not allow it."""
    return render(request, "403.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: logged by Django; the user is told that nothing else was lost."""
    if request.path.startswith("/api/"):
        body = problems.problem(500, "Internal error", "Something went wrong on our side.")
        return JsonResponse(body, status=500, content_type=problems.MEDIA_TYPE)
    return render(request, "500.html", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that is too old or came from elsewhere."""
    return render(request, "403.html", {"stale_form": True}, status=403)
