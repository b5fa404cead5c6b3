"""What a run says, and how it ends, when it had to leave tests out."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.environment import clean_environ

ROOT = Path(__file__).resolve().parents[2]
TEST_FILE = """
import pytest

@pytest.mark.services
def test_with_services(): pass

def test_alone(): pass
"""


def run_without_services(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run two tests, one of which needs PostgreSQL and Redis, in CI and with neither given."""
    environ = {**clean_environ(), "CI": "true"}
    for name in ("DATABASE_URL", "REDIS_URL"):
        environ.pop(name, None)
    file = folder / "test_two.py"
    file.write_text(TEST_FILE)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", *args, str(file)],
        cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_a_part_that_is_not_here_is_named_and_fails_in_ci(tmp_path: Path) -> None:
    run = run_without_services(tmp_path)
    assert "LEFT OUT: 1 tests marked 'services'" in run.stdout
    assert run.returncode == pytest.ExitCode.TESTS_FAILED


def test_what_was_not_asked_for_is_not_left_out(tmp_path: Path) -> None:
    run = run_without_services(tmp_path, "-m", "not services")
    assert "1 passed, 1 deselected" in run.stdout
    assert "LEFT OUT" not in run.stdout
    assert run.returncode == 0
