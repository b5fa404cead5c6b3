"""The scheduler's counters in a small JSON file, for whoever wants to know.

The scheduler lives in a process of the engine's; a file that is replaced atomically is the
simplest thing another process can read. A thread writes it: a disk may take milliseconds, and
a step of the engine must not wait for it.
"""

import contextlib
import json
import logging
import threading
from pathlib import Path

from scheduler.engine.stats import EngineStats

log = logging.getLogger(__name__)

INTERVAL_S = 0.2


class StatsFile:
    """Copies the counters to `path` whenever they have changed, at most every INTERVAL_S."""

    def __init__(self, stats: EngineStats, path: str) -> None:
        self._stats = stats
        self._path = Path(path)
        self._written = -1  # version of the counters
        self._has_failed = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scheduler-stats", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what there is, and end. Safe to call twice."""
        self._stop.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        while not self._stop.wait(INTERVAL_S):
            self._write()
        self._write()

    def _write(self) -> None:
        version = self._stats.version
        if version == self._written:
            return
        fresh = self._path.with_suffix(".tmp")
        try:
            # The counters move on meanwhile; a table that grew under our hands waits its turn.
            with contextlib.suppress(RuntimeError):
                text = json.dumps(self._stats.snapshot())
                fresh.write_text(text, encoding="utf-8")
                fresh.replace(self._path)
                self._written = version
        except OSError as error:  # a full disk stops neither the engine nor later attempts
            if not self._has_failed:
                log.error("The scheduler's counters cannot be written to %s: %s", self._path, error)
            self._has_failed = True
