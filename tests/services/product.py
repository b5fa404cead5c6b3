"""The product itself as separate processes, as `make run` starts it, under a test's control."""

import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path

from scripts.run_services import commands
from tests.services.environment import ROOT
from tests.services.processes import ServerProcess, free_port

ALL_PARTS = ("web", "classify", "maintenance", "beat", "llm")
READY_S = {"web": 60.0}


class Product:
    """The processes of the services mode. Parts: web, classify, maintenance, beat, llm.

    `env` is the whole environment (see the fixture `services_env`); `logs` a folder.
    """

    def __init__(self, env: Mapping[str, str], logs: Path) -> None:
        self.env, self.logs = dict(env), logs
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.parts: dict[str, ServerProcess] = {}

    def start(self, *names: str, env: Mapping[str, str] | None = None) -> "Product":
        """Start the named parts (all when none is named); the web answers when this returns."""
        for name in names or ALL_PARTS:
            self.parts[name] = ServerProcess(
                commands("127.0.0.1", self.port)[name], self.logs / f"{name}.log",
                env={**self.env, **(env or {})}, cwd=ROOT,
            )  # fmt: skip
        if "web" in (names or ALL_PARTS):
            self.parts["web"].wait_until(self._web_answers, READY_S["web"], "web")
        return self

    def start_embedded(self, *args: str) -> "Product":
        """Start `manage.py embedded` instead, everything in one process."""
        process = ServerProcess(
            [sys.executable, "manage.py", "embedded", *args], self.logs / "embedded.log",
            env={**self.env, "PORT": str(self.port)}, cwd=ROOT,
        )  # fmt: skip
        self.parts["embedded"] = process
        process.wait_until(self._web_answers, 60, "embedded")
        return self

    def manage(self, *args: str) -> str:
        """Run a management command to its end and return what it printed."""
        return run_manage(self.env, *args)

    def kill(self, name: str) -> None:
        """`kill -9` one part with all its children."""
        self.parts[name].kill()

    def stop(self, names: Iterable[str] | None = None) -> None:
        """SIGTERM, then SIGKILL to what does not stop in time."""
        wanted = [self.parts[name] for name in (names or reversed(self.parts))]
        for process in wanted:
            process.send_signal(signal.SIGTERM)
        for process in wanted:
            process.stop()

    def log(self, name: str) -> str:
        """All that a part has written so far."""
        return (self.logs / f"{name}.log").read_text(errors="replace")

    def _web_answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base_url}/healthz/", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def run_manage(env: Mapping[str, str], *args: str) -> str:
    """`manage.py` in that environment. Raises RuntimeError with its output when it fails."""
    done = subprocess.run([sys.executable, "manage.py", *args], cwd=ROOT, env=dict(env),
                          capture_output=True, text=True, timeout=300)  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"manage.py {' '.join(args)} ended with {done.returncode}:\n"
                           f"{done.stdout}{done.stderr}")  # fmt: skip
    return done.stdout
