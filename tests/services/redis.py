"""A private Redis server on a free port, keeping nothing on disk."""

import shutil
import socket
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from tests.services.processes import ServerProcess, free_port

NUM_DATABASES = 64


def find_binary() -> str | None:
    """The server program; None if not installed."""
    return shutil.which("redis-server") or shutil.which("valkey-server")


class RedisServer:
    """Start it with `start()` (or `with`), end it with `stop()`; `restart()` loses its content."""

    def __init__(self, binary: str | None = None) -> None:
        found = binary or find_binary()
        if found is None:
            raise FileNotFoundError("redis-server is not installed.")
        self.binary = found
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="semtriage-redis-"))
        self.process: ServerProcess | None = None

    def __enter__(self) -> "RedisServer":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> "RedisServer":
        """Start the server."""
        self.process = ServerProcess(
            [self.binary, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--maxmemory-policy", "noeviction",
             "--databases", str(NUM_DATABASES), "--dir", str(self.folder)],
            self.folder / "server.log", cwd=self.folder,
        )  # fmt: skip
        self.process.wait_until(self._answers, 20, "Redis")
        return self

    def halt(self) -> None:
        """End the server."""
        if self.process is not None:
            self.process.stop()
            self.process = None

    def restart(self) -> None:
        """End and start it again on the same port; everything in it is gone."""
        self.halt()
        self.start()

    def stop(self) -> None:
        """End the server and remove its folder."""
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: int = 0) -> str:
        """The address of one of its numbered databases, as REDIS_URL takes it."""
        return f"redis://127.0.0.1:{self.port}/{database}"

    def _answers(self) -> bool:
        try:
            return command(self.url(), "PING").startswith("+PONG")
        except OSError:
            return False


def command(url: str, *words: str) -> str:
    """Send one command whose answer is a single line, and return that line."""
    parts = urlsplit(url)
    database = parts.path.strip("/") or "0"
    with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), 5) as link:
        reader = link.makefile("rb")
        answer = ""
        for line in (("AUTH", parts.password or ""), ("SELECT", database), words):
            if line[0] == "AUTH" and not parts.password:
                continue
            link.sendall(b"*%d\r\n" % len(line) + b"".join(_bulk(word) for word in line))
            answer = reader.readline().decode().strip()
            if answer.startswith("-"):
                raise OSError(answer)
        return answer


def _bulk(word: str) -> bytes:
    data = word.encode()
    return b"$%d\r\n%s\r\n" % (len(data), data)
