"""The embedded mode: web, classification, LLM worker and feed in one event loop's process.

Pages are served as soon as they can be; the models load beside them. Heavy libraries are imported
one after another: two threads that import the same half-loaded package fail.
"""

import asyncio
import dataclasses
import logging
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

from triage import live
from triage.config.celery import app as celery_app
from triage.config.settings import ENV
from triage.embedded.celery_thread import CeleryThread
from triage.embedded.web import make_server
from triage.llm.engines import make_engine
from triage.llm.engines.threads import in_daemon_thread
from triage.llm.worker import LlmWorker

log = logging.getLogger(__name__)

DRAIN_S = 0.5  # what is half written goes on at the next start


class EmbeddedApp:
    """All parts in one process. `run` returns after `stop`, with everything stopped."""

    def __init__(
        self,
        listener: socket.socket,
        *,
        say: Callable[[str], None],
        loading: threading.Thread,
        feed: Callable[[], Coroutine[Any, Any, None]] | None,
    ) -> None:
        self._listener = listener
        self._say = say
        self._loading = loading
        self._feed = feed
        self._stopping = asyncio.Event()
        self._celery = CeleryThread(celery_app)

    def stop(self) -> None:
        """Stop everything, in order."""
        self._stopping.set()

    async def run(self, on_serving: Callable[[], None]) -> None:
        """Serve until stopped; `on_serving` is called once pages can be opened.

        Raises what ended one of the parts, should that happen.
        """
        live.bind_loop(asyncio.get_running_loop())
        from triage.config.asgi import application

        server = make_server(application)
        web = asyncio.create_task(server.serve(sockets=[self._listener]), name="web")
        await server.wait_until_serving(web)
        on_serving()

        models_imported = asyncio.Event()
        env = dataclasses.replace(ENV, llm_drain_s=min(ENV.llm_drain_s, DRAIN_S))
        worker = LlmWorker(make_engine(env), env, may_start=models_imported)
        parts = [web, asyncio.create_task(worker.run(), name="llm worker")]
        background = [asyncio.create_task(self._load(models_imported), name="load")]
        if self._feed is not None:
            background.append(asyncio.create_task(self._feed_once(models_imported), name="feed"))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([stopping, *parts], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._say("Stopping…")
            for task in (stopping, *background):
                task.cancel()
            worker.stop()
            celery = asyncio.to_thread(self._celery.stop)
            await asyncio.gather(*background, parts[1], celery, return_exceptions=True)
            server.should_exit = True
            await asyncio.gather(web, return_exceptions=True)
        for part in parts:
            part.result()

    async def _feed_once(self, ready: asyncio.Event) -> None:
        """Send sample incidents once somebody is there to classify them."""
        await ready.wait()
        if self._feed is not None:
            await self._feed()

    async def _load(self, models_imported: asyncio.Event) -> None:
        """Await the urgency model, let the engine start, and take up classification."""
        started_s = time.monotonic()
        try:
            await in_daemon_thread(self._loading.join, "await-urgency-model")
            log.info("Urgency model loaded, %.1f s", time.monotonic() - started_s)
        finally:
            models_imported.set()
            self._celery.start()


def begin_loading() -> threading.Thread:
    """Load the urgency model beside the set-up of everything else: seconds are saved.

    A model that cannot be loaded is logged there; the rules then decide alone.
    """
    from triage.tasks import urgency_model

    thread = threading.Thread(target=urgency_model, name="urgency-model", daemon=True)
    thread.start()
    return thread
