"""Source tokens: `Authorization: Bearer st_…`."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from triage import access
from triage.models import Source


class SourceUser:
    """The request's user when a source speaks: logged in, with no rights of a person."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, source: Source) -> None:
        self.source = source
        self.pk = f"source:{source.pk}"

    def has_perm(self, _permission: str) -> bool:
        return False


class SourceTokenAuthentication(BaseAuthentication):
    """Sets request.user to a SourceUser and request.auth to the source."""

    def authenticate(self, request: Request) -> tuple[SourceUser, Source] | None:
        header = get_authorization_header(request).decode("latin-1")
        if not header:
            return None
        token = access.bearer_token(header)
        source = access.source_of_token(token) if token else None
        if source is None:
            raise AuthenticationFailed(
                "The token is unknown, expired or revoked, or its source is switched off."
            )
        return SourceUser(source), source

    def authenticate_header(self, _request: Request) -> str:
        return 'Bearer realm="semtriage"'


class SourceTokenScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI schema describes the token."""

    target_class = SourceTokenAuthentication
    name = "sourceToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A source's token, st_…"}
