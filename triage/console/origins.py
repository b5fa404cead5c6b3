"""Which websites may open the websocket."""

from typing import Any

from channels.security.websocket import OriginValidator
from django.conf import settings


class BrowserOriginValidator(OriginValidator):
    """Browsers must come from an allowed host; a client with a token sends no origin.

    A browser cannot add an Authorization header to a websocket, so a request with one rides on
    nobody's cookies.
    """

    def __init__(self, application: Any) -> None:
        super().__init__(application, settings.ALLOWED_HOSTS)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        names = {name for name, _value in scope.get("headers", [])}
        if b"authorization" in names and b"origin" not in names:
            return await self.application(scope, receive, send)
        return await super().__call__(scope, receive, send)
