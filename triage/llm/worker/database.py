"""Calling the actions from the event loop, through database outages."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections, connections

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0


class DatabaseAway(Exception):
    """The database cannot be reached, or is too busy; nothing was written."""


class Database:
    """One thread with one connection: its calls run one after another, in the order given."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, action: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `action` in the thread. Raises DatabaseAway, or what the action raises."""
        call = partial(_with_connection, action, args, kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    async def insist(self, action: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `action` until the database is back. For actions that are safe to repeat."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                return await self.run(action, *args, **kwargs)
            except DatabaseAway as error:
                log.warning("The database is away, trying again in %.1f s: %s", pause_s, error)
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def close(self) -> None:
        """Close the connection and end the thread."""
        await asyncio.get_running_loop().run_in_executor(self._pool, connections.close_all)
        self._pool.shutdown(wait=False)


def _with_connection(action: Callable[..., T], args: Any, kwargs: Any) -> T:
    close_old_connections()  # a connection that a restart of the database broke
    try:
        return action(*args, **kwargs)
    except (OperationalError, InterfaceError) as error:
        connections.close_all()
        raise DatabaseAway(str(error).strip()) from error
