"""The containers' health checks look at the work, not at a process id."""

import importlib.util
import os
import socket
import time
from pathlib import Path
from types import ModuleType

import pytest

from tests.services.environment import ROOT
from triage.actions import workers


@pytest.fixture(scope="module")
def healthcheck() -> ModuleType:
    path = ROOT / "docker" / "healthcheck.py"
    spec = importlib.util.spec_from_file_location("healthcheck", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "status"), [("ready", 0), ("starting", 0), ("down", 1)])
def test_the_llm_worker_is_judged_by_its_row(
    healthcheck: ModuleType, state: str, status: int
) -> None:
    assert healthcheck.main("llm") == 1
    workers.report("llm-1", host=socket.gethostname(), pid=1, state=state, detail="", model="m",
                   stats={})  # fmt: skip
    assert healthcheck.main("llm") == status


@pytest.mark.django_db
def test_another_containers_llm_worker_does_not_count(healthcheck: ModuleType) -> None:
    workers.report("llm-2", host="elsewhere", pid=1, state="ready", detail="", model="m", stats={})
    assert healthcheck.main("llm") == 1


def test_beat_is_judged_by_its_schedule_file(
    healthcheck: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_VAR_DIR", str(tmp_path))
    assert healthcheck.main("beat") == 1
    schedule = tmp_path / "celerybeat-schedule"
    schedule.touch()
    assert healthcheck.main("beat") == 0
    long_ago = time.time() - 2 * healthcheck.BEAT_SILENT_S
    os.utime(schedule, (long_ago, long_ago))
    assert healthcheck.main("beat") == 1


def test_a_web_process_that_does_not_answer_is_unhealthy(healthcheck: ModuleType) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        with pytest.raises(OSError):
            healthcheck.web(port=probe.getsockname()[1])
