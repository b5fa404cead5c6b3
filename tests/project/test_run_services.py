"""`make run`'s supervisor: nothing dies unnoticed, everything ends in bounded time."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts import run_services
from scripts.run_services import Service
from tests.services.environment import ROOT, clean_environ

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


@pytest.fixture
def service() -> Iterator[Callable[[str], Service]]:
    """Makes services out of a line of Python; whatever is left of them is killed."""
    made: list[Service] = []

    def make(code: str) -> Service:
        made.append(Service("part", [sys.executable, "-c", code]))
        return made[-1]

    yield make
    for one in made:
        one.kill_group()


def wait_for(condition: Callable[[], bool], timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_part_that_dies_is_reported_and_started_again_after_a_pause(
    service: Callable[[str], Service], capsys: pytest.CaptureFixture[str]
) -> None:
    part = service("import sys; sys.exit(3)")
    part.check()
    assert part.popen is not None
    wait_for(lambda: part.popen is None or part.popen.poll() is not None)
    part.check()
    assert "part ended with status 3; starting it again in 1 s." in capsys.readouterr().out
    assert part.popen is None  # not at once
    part.start_at = 0.0
    part.check()
    assert part.num_starts == 2 and part.popen is not None


def test_the_pause_grows_and_has_an_end(
    service: Callable[[str], Service], capsys: pytest.CaptureFixture[str]
) -> None:
    part = service("")
    for _ in range(8):
        part.start_at = 0.0
        part.check()
        assert part.popen is not None
        part.popen.wait()
        part.check()
    pauses = re.findall(r"again in (\d+) s", capsys.readouterr().out)
    assert pauses == ["1", "2", "4", "8", "16", "30", "30", "30"]


def test_output_carries_the_name_of_its_process(
    service: Callable[[str], Service], capsys: pytest.CaptureFixture[str]
) -> None:
    part = service("print('hello'); import time; time.sleep(60)")
    part.start()
    seen: list[str] = []

    def printed() -> bool:
        seen.append(capsys.readouterr().out)
        return "part | hello" in "".join(seen)

    wait_for(printed)


def test_what_does_not_stop_is_killed_in_time(
    service: Callable[[str], Service],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run_services, "STOP_TIMEOUT_S", 0.5)
    part = service(STUBBORN)
    part.start()
    time.sleep(0.3)  # until it ignores SIGTERM
    started = time.monotonic()
    run_services.stop_all([part])
    assert part.popen is not None
    part.popen.wait(5)
    assert time.monotonic() - started < 5
    assert "did not stop" in capsys.readouterr().out


def test_without_its_addresses_it_says_what_to_set() -> None:
    done = subprocess.run([sys.executable, "-m", "scripts.run_services"], cwd=ROOT, text=True,
                          env=clean_environ(), capture_output=True, timeout=30)  # fmt: skip
    assert done.returncode == 2
    assert "needs DATABASE_URL and REDIS_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_process_of_the_services_mode_is_started() -> None:
    commands = run_services.commands("127.0.0.1", 8123)
    assert list(commands) == ["web", "classify", "maintenance", "beat", "llm"]
    assert "8123" in commands["web"]
    assert Path(commands["llm"][1]) == ROOT / "manage.py"
