"""Starting and stopping server processes so that none is left behind."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class StartFailed(RuntimeError):
    """A server did not come up; the message holds the end of its log."""


def free_port() -> int:
    """A TCP port on localhost that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_open(port: int) -> bool:
    """Whether somebody accepts connections on that port of localhost."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class ServerProcess:
    """One server process with its log in a file.

    It leads a process group of its own, so a Ctrl-C meant for the test run does not reach it,
    and it ends with its parent, also when that is killed.
    """

    def __init__(
        self,
        args: Sequence[str],
        log: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: int | None = None,
        group: int | None = None,
    ) -> None:
        self.args, self.log = list(args), log
        as_user = {} if user is None else {"user": user, "group": group, "extra_groups": []}
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                [*end_with_parent(), *args], stdout=output, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL, env=dict(env) if env is not None else None, cwd=cwd,
                start_new_session=True, **as_user,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def running(self) -> bool:
        return self.popen.poll() is None

    def wait_until(self, ready: Callable[[], bool], timeout_s: float, what: str) -> None:
        """Wait for `ready()`. Raises StartFailed when the process ends first or time is up."""
        deadline = time.monotonic() + timeout_s
        while not ready():
            if not self.running:
                raise StartFailed(f"{what} ended with {self.popen.returncode}:\n{self.tail()}")
            if time.monotonic() > deadline:
                self.kill()
                raise StartFailed(f"{what} was not ready in {timeout_s:g} s:\n{self.tail()}")
            time.sleep(0.05)

    def tail(self, num_lines: int = 40) -> str:
        """The end of the log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-num_lines:])

    def send_signal(self, number: int) -> None:
        """Send a signal to the process alone, not to its children."""
        with contextlib.suppress(ProcessLookupError):
            self.popen.send_signal(number)

    def stop(self, timeout_s: float = 20.0, *, number: int = signal.SIGTERM) -> int:
        """Ask it to end, and kill the whole group when it does not in time."""
        if self.running:
            self.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(timeout_s)
        self.kill()
        return int(self.popen.returncode)

    def kill(self) -> None:
        """`kill -9` of the process and of all its children."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()


def end_with_parent() -> list[str]:
    """What to put before a command so that it ends when its parent does, even by `kill -9`."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []
