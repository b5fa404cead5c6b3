"""Listening for what concerns the workers. A lost hint costs a poll interval, no more."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from channels.layers import get_channel_layer

from triage import live

log = logging.getLogger(__name__)

RENEW_AFTER_S = 3600.0  # a group membership in Redis ends after a day unless renewed
LONGEST_PAUSE_S = 5.0


async def listen(on_hint: Callable[[dict[str, Any]], None]) -> None:
    """Call `on_hint` with every message to the workers, for ever, through broker outages."""
    pause_s = 0.2
    while True:
        try:
            await _listen_once(on_hint)
            pause_s = 0.2
        except Exception as error:  # whatever the layer's backend raises
            log.warning("No hints for now, polling goes on: %s", error)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


async def _listen_once(on_hint: Callable[[dict[str, Any]], None]) -> None:
    layer = get_channel_layer()
    assert layer is not None, "the settings always name a channel layer"
    channel = await layer.new_channel()
    await layer.group_add(live.WORKERS_GROUP, channel)
    try:
        async with asyncio.timeout(RENEW_AFTER_S):
            while True:
                on_hint(await layer.receive(channel))
    except TimeoutError:
        return
    finally:
        await layer.group_discard(live.WORKERS_GROUP, channel)
