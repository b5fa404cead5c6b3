"""A machine that will not do is told so in one sentence."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from scripts import checks
from scripts.checks import Unfit
from tests.services.environment import ROOT


def sentence(error: pytest.ExceptionInfo[Unfit]) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert text.endswith((".", ")."))
    return text


def test_a_processor_without_avx2_and_avx512_is_refused() -> None:
    with pytest.raises(Unfit) as error:
        checks.check_cpu("processor : 0\nflags : fpu sse4_2 avx\n")
    assert "AVX2" in sentence(error)


@pytest.mark.parametrize("flag", ["avx2", "avx512f"])
def test_either_kind_of_vector_unit_is_enough(flag: str) -> None:
    checks.check_cpu(f"processor : 0\nflags\t\t: fpu {flag} sse2\n")


def test_a_small_disk_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unfit) as error:
        checks.check_disk(tmp_path, free_gb=2.04)
    assert "2.0 GB" in sentence(error)
    checks.check_disk(tmp_path, free_gb=8.0)
    with pytest.raises(Unfit):
        checks.check_disk(tmp_path, "gpu", free_gb=8.0)


def test_another_system_is_refused() -> None:
    with pytest.raises(Unfit) as error:
        checks.check_platform("arm64", "Darwin")
    assert "Darwin on arm64" in sentence(error)
    checks.check_platform("x86_64", "Linux")


def test_a_taken_port_is_refused_and_another_one_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Unfit) as error:
            checks.check_port(str(port))
    assert f"Port {port} is taken" in sentence(error)
    checks.check_port(str(port))


@pytest.mark.parametrize("port", ["0", "65536", "http", ""])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(Unfit) as error:
        checks.check_port(port)
    assert "is not a port" in sentence(error)


def test_a_python_that_cannot_make_environments_is_refused(tmp_path: Path) -> None:
    python = tmp_path / "python3.11"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(Unfit) as error:
        checks.check_venv(str(python))
    assert "python3.11-venv" in sentence(error)


def find_python(path: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["/bin/sh", str(ROOT / "scripts" / "find_python.sh")], text=True,
                          capture_output=True, env={"PATH": str(path), **environ})  # fmt: skip


def fake_python(folder: Path, name: str, version: str, is_right: bool) -> None:
    script = folder / name
    script.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "Python {version}" && exit 0\n'
        f"exit {0 if is_right else 1}\n"
    )
    script.chmod(0o755)


def test_python_3_11_is_found_under_any_of_its_names(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3.11", "3.11.0", is_right=False)  # a shim of nothing
    fake_python(tmp_path, "python3", "3.11.2", is_right=True)
    done = find_python(tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, str(tmp_path / "python3"))


def test_an_old_python_is_refused_with_its_version(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3", "3.9.2", is_right=False)
    done = find_python(tmp_path)
    assert done.returncode == 1
    assert "needs Python 3.11 and found Python 3.9.2" in done.stderr


def test_no_python_at_all_is_said_so(tmp_path: Path) -> None:
    done = find_python(tmp_path)
    assert done.returncode == 1
    assert "found no Python at all" in done.stderr


def test_a_missing_system_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(checks, "_loads", lambda library: False)
    with pytest.raises(Unfit) as error:
        checks.check_numa_library()
    assert "apt-get install libnuma1" in sentence(error)
