"""Celery's worker in a thread of this process, on the in-memory broker."""

import logging
import threading

from celery import Celery
from celery.worker import WorkController, state

log = logging.getLogger(__name__)

QUEUES = "classify,maintenance"
CONCURRENCY = 2
STOP_TIMEOUT_S = 5.0


class CeleryThread:
    """Runs the tasks that this process sends."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._thread = threading.Thread(target=self._run, name="celery", daemon=True)

    def start(self) -> None:
        """Begin to take tasks, in a moment."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more tasks; wait for those at work, but not for ever."""
        if self._thread.is_alive():
            state.should_stop = 0
            self._thread.join(STOP_TIMEOUT_S)

    def _run(self) -> None:
        worker = WorkController(
            app=self._app,
            hostname="embedded@localhost",
            pool="threads",
            concurrency=CONCURRENCY,
            queues=QUEUES,
            loglevel=logging.WARNING,
            # One process talks to nobody else.
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
        )
        try:
            worker.start()
        except SystemExit:  # how a worker says that it was told to stop
            pass
        except Exception:
            log.exception("The embedded Celery worker ended")
