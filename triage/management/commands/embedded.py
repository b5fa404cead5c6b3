"""The demo, or one desk: `manage.py embedded`."""

import asyncio
import logging
import os
import signal
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from triage.config.settings import ENV
from triage.embedded.web import PortTaken, listen

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """Web, classification and LLM worker in one process, with demo users and sample incidents."""

    help = "Run everything in one process: SQLite, in-memory broker, vLLM with the bundled model."
    requires_system_checks: list[str] = []  # the tests run them; here a second counts

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
        parser.add_argument(
            "--feed", action="store_true", default=os.environ.get("FEED", "1") != "0",
            help="send sample incidents (default; FEED=0 turns it off)",
        )  # fmt: skip
        parser.add_argument("--no-feed", dest="feed", action="store_false")

    def handle(self, *args: Any, **options: Any) -> None:
        if not ENV.embedded:
            raise CommandError(
                "REDIS_URL is set, and the embedded mode keeps everything in one process. "
                "Unset it, or start the services with: make run"
            )
        try:
            listener = listen(options["host"], options["port"])
        except PortTaken as error:
            raise CommandError(str(error)) from error
        from triage.embedded.app import begin_loading

        with listener:
            loading = begin_loading()
            call_command("migrate", verbosity=0, skip_checks=True)
            call_command("demo_data", verbosity=0, skip_checks=True)
            asyncio.run(self._serve(listener, loading, options))
        self.stdout.write("Stopped.")

    async def _serve(self, listener: Any, loading: Any, options: dict[str, Any]) -> None:
        from triage.embedded.app import EmbeddedApp
        from triage.embedded.feed import run_feed

        feed = run_feed if options["feed"] else None
        app = EmbeddedApp(listener, say=self.stdout.write, loading=loading, feed=feed)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, app.stop)
        await app.run(lambda: self._announce(options["host"], options["port"], options["feed"]))

    def _announce(self, host: str, port: int, feed: bool) -> None:
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
        self.stdout.write(
            f"\n  SemTriage is open at  {self.style.SUCCESS(f'http://{shown}:{port}/')}\n"
            "    dispatcher / dispatcher-demo\n"
            "    admin / admin-demo\n"
            "    observer / observer-demo\n"
            f"  Sample incidents: {'on' if feed else 'off'}. The language model is loading; "
            "Ctrl-C stops everything.\n"
        )
        self.stdout.flush()
