"""`make run`: the services mode, every process by itself, under one small supervisor.

Needs DATABASE_URL (PostgreSQL) and REDIS_URL. HOST and PORT say where the web listens. A process
that ends by itself is reported and started again, at growing intervals; Ctrl-C or SIGTERM ends
them all in bounded time. In production systemd or containers do this job instead.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STOP_TIMEOUT_S = 30.0  # the LLM worker finishes or hands back its drafts within LLM_DRAIN_S + 5
MAX_BACKOFF_S = 30.0
_print_lock = threading.Lock()


def commands(host: str = "127.0.0.1", port: int = 8000) -> dict[str, list[str]]:
    """What each process of the services mode runs, by name, in the order of starting."""
    python = sys.executable
    celery = [python, "-m", "celery", "-A", "triage.config.celery"]
    worker = [*celery, "worker", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    var_dir = Path(os.environ.get("TRIAGE_VAR_DIR") or ROOT / "var")
    num_classifiers = max(1, min(4, (os.cpu_count() or 2) // 2))
    return {
        "web": [python, "-m", "uvicorn", "triage.config.asgi:application", "--host", host,
                "--port", str(port), "--no-access-log", "--ws", "websockets-sansio",
                "--timeout-graceful-shutdown", "10"],
        "classify": [*worker, "-Q", "classify", "-n", "classify@%h", "-c", str(num_classifiers)],
        "maintenance": [*worker, "-Q", "maintenance", "-n", "maintenance@%h", "-c", "1"],
        "beat": [*celery, "beat", "--loglevel", "WARNING", "--pidfile", "",
                 "-s", str(var_dir / "celerybeat-schedule")],
        "llm": [python, str(ROOT / "manage.py"), "llm_worker"],
    }  # fmt: skip


@dataclass
class Service:
    """One process that is to be kept running."""

    name: str
    args: list[str]
    num_starts: int = 0
    start_at: float = 0.0  # monotonic seconds; not before this
    started_at: float = 0.0
    popen: subprocess.Popen[str] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it, in a process group of its own, with its output prefixed by its name."""
        self.num_starts += 1
        self.started_at = time.monotonic()
        setpriv = shutil.which("setpriv")
        end_with_us = [setpriv, "--pdeathsig", "TERM"] if setpriv else []
        self.popen = subprocess.Popen(
            [*end_with_us, *self.args], cwd=ROOT, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        threading.Thread(target=_copy_output, args=(self.name, self.popen), daemon=True).start()

    def check(self) -> None:
        """Report the process if it has ended, and start it when it is time to."""
        if self.popen is not None and self.popen.poll() is not None:
            if time.monotonic() - self.started_at > MAX_BACKOFF_S:
                self.num_starts = 1  # it ran well for a while
            wait_s = min(MAX_BACKOFF_S, 2.0 ** (self.num_starts - 1))
            say("supervisor", f"{self.name} ended with status {self.popen.returncode}; "
                f"starting it again in {wait_s:g} s.")  # fmt: skip
            self.popen = None
            self.start_at = time.monotonic() + wait_s
        if self.popen is None and time.monotonic() >= self.start_at:
            self.start()

    def kill_group(self) -> None:
        """End whatever is left of it, children included."""
        if self.popen is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.popen.pid, signal.SIGKILL)


def say(name: str, line: str) -> None:
    """One line of output, with the name of the process it comes from."""
    with _print_lock:
        print(f"{name:>11} | {line}", flush=True)


def _copy_output(name: str, popen: subprocess.Popen[str]) -> None:
    assert popen.stdout is not None
    for line in popen.stdout:
        say(name, line.rstrip())


def stop_all(services: list[Service]) -> None:
    """SIGTERM to all at once, SIGKILL to what is still there after STOP_TIMEOUT_S."""
    for service in services:
        if service.popen is not None and service.popen.poll() is None:
            service.popen.terminate()
    deadline = time.monotonic() + STOP_TIMEOUT_S
    for service in services:
        if service.popen is not None:
            try:
                service.popen.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                say("supervisor", f"{service.name} did not stop in {STOP_TIMEOUT_S:g} s; killed.")
        service.kill_group()


def main() -> int:
    missing = [name for name in ("DATABASE_URL", "REDIS_URL")
               if not (os.environ.get(name) or os.environ.get(f"{name}_FILE"))]  # fmt: skip
    if missing:
        print(
            f"The services mode needs {' and '.join(missing)}, for example "
            "DATABASE_URL=postgres://user:password@localhost/semtriage "
            "REDIS_URL=redis://localhost:6379/0 make run. `make demo` needs neither.",
            file=sys.stderr,
        )
        return 2
    if subprocess.call([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT):
        print("The database could not be migrated; see above.", file=sys.stderr)
        return 1
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    services = [Service(name, args) for name, args in commands(host, port).items()]
    say("supervisor", f"Starting {', '.join(s.name for s in services)}; http://{host}:{port}/")
    say("supervisor", "First accounts: manage.py createsuperuser, manage.py create_token SOURCE.")
    while not stopping.wait(0.5):
        for service in services:
            service.check()
    say("supervisor", "Stopping; drafts in progress go back to the queue.")
    stop_all(services)
    say("supervisor", "Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
