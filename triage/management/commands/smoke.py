"""`manage.py smoke`: 20 incidents through a running server, followed to their end."""

import asyncio
import json
import os
import sys

import httpx
from django.core.management.base import BaseCommand, CommandError
from websockets.exceptions import WebSocketException

from triage.demo.data import DEMO_TOKEN
from triage.smoke import run


class Command(BaseCommand):
    help = "Exercise a running server from outside; exit 0 only when nothing was lost."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--base-url", default=os.environ.get("BASE_URL", "http://127.0.0.1:8000")
        )
        parser.add_argument("--token", default=os.environ.get("SMOKE_TOKEN", DEMO_TOKEN))
        parser.add_argument("--timeout", type=float, default=180.0, help="seconds")

    def handle(self, *args, **options) -> None:
        result = reach(
            options["base_url"],
            run.smoke(options["base_url"], options["token"], options["timeout"]),
        )
        self.stdout.write(json.dumps(result))
        if result["lost"] or result["classified"] < result["accepted"]:
            sys.exit(1)


def reach(base_url: str, check):
    """Run a check, with a sentence for a person when the server cannot be used."""
    try:
        return asyncio.run(check)
    except httpx.HTTPStatusError as error:
        body = error.response.text[:300]
        hint = ""
        if error.response.status_code == httpx.codes.UNAUTHORIZED:
            hint = " Set SMOKE_TOKEN to one that `manage.py create_token SOURCE` makes there."
        raise CommandError(
            f"{base_url} answered {error.response.status_code}: {body}{hint}"
        ) from error
    except (OSError, httpx.HTTPError, WebSocketException) as error:
        raise CommandError(
            f"{base_url} cannot be used ({error}). Start it with `make demo`, or set BASE_URL "
            "and SMOKE_TOKEN."
        ) from error
