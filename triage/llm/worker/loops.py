"""Loops that outlive whatever goes wrong in them."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from triage.llm.worker.database import DatabaseAway

log = logging.getLogger(__name__)

AFTER_ERROR_S = 1.0


async def every(
    interval_s: float, action: Callable[[], Awaitable[None]], wake: asyncio.Event | None = None
) -> None:
    """Call `action` every `interval_s`, sooner when woken, for ever."""
    wake = wake or asyncio.Event()
    while True:
        wake.clear()
        try:
            await action()
        except DatabaseAway as error:
            log.warning("The database is away: %s", error)
            await asyncio.sleep(AFTER_ERROR_S)
        except Exception:
            log.exception("An error in %s; it is called again", action.__qualname__)
            await asyncio.sleep(AFTER_ERROR_S)
        await wait_at_most(wake, interval_s)


async def wait_at_most(event: asyncio.Event, timeout_s: float) -> None:
    """Return when `event` is set, or after `timeout_s`.

    Not by `asyncio.wait_for`: before Python 3.12 it swallows a cancellation that comes in the
    same moment as the event.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await event.wait()
