"""Page-level rights: who is not allowed gets the 403 page, who is not logged in the login."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from triage.actions import log

View = Callable[..., HttpResponse]


def needs(permission: str) -> Callable[[View], View]:
    """The logged-in user must have `triage.<permission>`; refusals are logged."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args, **kwargs) -> HttpResponse:
            if not request.user.has_perm(f"triage.{permission}"):
                log.record("refused", actor=request.user, path=request.path[:200])
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return login_required(checked)

    return decorate
