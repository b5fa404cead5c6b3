"""An event loop for tests that use one engine in several tests."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def own_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop; what is pending at its end is cancelled and awaited, as `asyncio.run` does.

    Without that, vLLM's tasks and sockets hang whoever happens to collect the garbage.
    """
    with asyncio.Runner() as runner:
        yield runner.get_loop()
