"""Hints: messages that tell somebody to look. They may be lost, doubled or late.

Nothing depends on a hint arriving: the board resyncs, a draft's reader compares offsets, the
worker polls and the sweeper sweeps. So publishing never blocks and never raises.

The in-memory channel layer belongs to one event loop, and the Redis one keeps a connection per
loop. Every hint is therefore sent from one loop per process: the server's own once
`bind_loop` was called there, else that of a background thread.
"""

import asyncio
import logging
import os
import threading
from typing import Any

from channels.layers import get_channel_layer
from django.db import transaction

log = logging.getLogger(__name__)

BOARD_GROUP = "board"
WORKERS_GROUP = "llm-workers"

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_loop_pid = 0  # a forked child must not use its parent's loop
_tasks: set[asyncio.Task[None]] = set()  # keeps the tasks alive until they are done


def incident_group(incident_id: object) -> str:
    """The group of all who watch one incident."""
    return f"incident.{incident_id}"


def bind_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Send this process's hints from `loop`, the server's own."""
    global _loop, _loop_pid
    with _lock:
        _loop, _loop_pid = loop, os.getpid()


def publish(group: str, event: dict[str, Any]) -> None:
    """Send `event` to `group` now, from any thread, without waiting for it."""
    loop = _own_loop()
    try:
        loop.call_soon_threadsafe(_start_sending, group, event)
    except RuntimeError:  # the loop was closed: the process is going down
        log.debug("Hint to %s dropped, the event loop is closed", group)


def publish_on_commit(group: str, event: dict[str, Any]) -> None:
    """Send `event` once the surrounding transaction is committed; never if it rolls back."""
    transaction.on_commit(lambda: publish(group, event))


def _own_loop() -> asyncio.AbstractEventLoop:
    global _loop, _loop_pid
    with _lock:
        if _loop is None or _loop.is_closed() or _loop_pid != os.getpid():
            _loop, _loop_pid = asyncio.new_event_loop(), os.getpid()
            threading.Thread(target=_loop.run_forever, name="hints", daemon=True).start()
        return _loop


def _start_sending(group: str, event: dict[str, Any]) -> None:
    task = asyncio.get_running_loop().create_task(_send(group, event))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def _send(group: str, event: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        await layer.group_send(group, event)
    except Exception as error:  # a hint may be lost, whatever the reason
        log.warning("Hint to %s lost: %s", group, error)
