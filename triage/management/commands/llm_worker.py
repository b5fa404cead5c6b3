"""The process that writes drafts: `manage.py llm_worker`."""

import asyncio
import logging
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from triage import live
from triage.config.settings import ENV
from triage.llm.engines import EngineError, make_engine
from triage.llm.worker import LlmWorker

log = logging.getLogger(__name__)


class Command(BaseCommand):
    """Owns one engine and writes drafts with it until it is told to stop."""

    help = (
        "Write drafts with the language model. SIGTERM or Ctrl-C: no new drafts, the running "
        "ones get LLM_DRAIN_S seconds, the rest goes back to the queue."
    )
    requires_system_checks: list[str] = []  # they import every page of the console

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            asyncio.run(work())
        except EngineError as error:
            raise CommandError(error.reason) from error


async def work() -> None:
    """Run a worker until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    live.bind_loop(loop)
    worker = LlmWorker(make_engine(ENV), ENV)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    await worker.run()
