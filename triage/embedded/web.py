"""The web server, in an event loop that it shares."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Generator
from typing import Any

import uvicorn

GRACE_S = 2  # for open connections, when stopping
MAX_MESSAGE_BYTES = 64 * 1024  # of a websocket's client


class PortTaken(Exception):
    """Something else listens there. The message says what to do."""


class WebServer(uvicorn.Server):
    """Leaves the signals to the process it is a part of."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def wait_until_serving(self, task: asyncio.Task[None]) -> None:
        """Return once pages are served; raise what ended the server's task instead."""
        while not self.started:
            if task.done():
                task.result()
                raise RuntimeError("The web server ended while it was starting.")
            await asyncio.sleep(0.02)


def listen(host: str, port: int) -> socket.socket:
    """Take the address. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
        taken.listen(256)
    except OSError as error:
        taken.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(
                f"Port {port} is taken by another program. Stop it, or choose another port: "
                f"make demo PORT={port + 1}"
            ) from error
        raise PortTaken(f"Cannot listen on {host} port {port}: {error.strerror}.") from error
    return taken


def make_server(application: Any) -> WebServer:
    """A server for an ASGI application; `serve(sockets=[...])` runs it."""
    return WebServer(
        uvicorn.Config(
            application,
            log_config=None,  # Django's logging settings hold
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=MAX_MESSAGE_BYTES,
            timeout_graceful_shutdown=GRACE_S,
        )
    )
