"""`make setup`: check the machine, make `.venv`, install the locked requirements.

Standard library only, and safe to repeat: a stamp with the lock's hash makes the second time
take no time, and a changed lock is installed again. `--port` also checks that a port is free.
"""

import argparse
import contextlib
import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.checks import Unfit, check_machine, check_port  # noqa: E402

VENV = ROOT / ".venv"
# Where PyTorch's installation page sends those who want its builds for the CPU.
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
INCLUDED_IN = {"cpu": ("cpu", "dev"), "dev": ("dev",), "gpu": ("gpu",)}
SHOW_EVERY_S = 10.0


def lock_of(kind: str) -> Path:
    """The file of exact versions for `cpu`, `gpu` or `dev`."""
    return ROOT / "requirements" / f"{kind}.lock"


def digest_of(kind: str) -> str:
    """What the stamp holds: the lock's content, as a hash."""
    return hashlib.sha256(lock_of(kind).read_bytes()).hexdigest()


def is_installed(kind: str) -> bool:
    """Whether the environment holds this lock, or one that includes it."""
    return any(
        (stamp := VENV / f".installed-{name}").exists()
        and stamp.read_text() == digest_of(name)
        and (VENV / "bin" / "python").exists()
        for name in INCLUDED_IN[kind]
    )


def requirements(kind: str) -> list[str]:
    """The lock's `name==version` lines."""
    lines = lock_of(kind).read_text().splitlines()
    return [line.split(";")[0].strip() for line in lines if re.match(r"[A-Za-z0-9]", line)]


def make_venv() -> None:
    """An environment of this very Python; a broken or foreign one is made anew."""
    python = VENV / "bin" / "python"
    works = python.exists() and not subprocess.call(
        [str(python), "-c", "import sys, pip; sys.exit(sys.version_info[:2] != (3, 11))"],
        stderr=subprocess.DEVNULL,
    )
    if not works:
        say("Making .venv ...")
        shutil.rmtree(VENV, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)


def install(kind: str) -> None:
    """Install exactly what the lock names. Raises Unfit when a package cannot be had."""
    for name in INCLUDED_IN:  # what was installed before may be changed by this
        (VENV / f".installed-{name}").unlink(missing_ok=True)
    wanted = requirements(kind)
    torch = next((line for line in wanted if line.startswith("torch==")), None)
    say(f"Installing {len(wanted)} packages from requirements/{kind}.lock "
        "(about 4 GB on disk, a few minutes the first time) ...")  # fmt: skip
    if torch is not None:
        install_torch(torch)
    if pip("install", "--no-deps", "-r", str(lock_of(kind)), num_packages=len(wanted)):
        raise Unfit(failure("The packages could not be installed"))
    (VENV / f".installed-{kind}").write_text(digest_of(kind))


def install_torch(torch: str) -> None:
    """PyTorch's build for the CPU comes from where pip finds it, else from PyTorch itself."""
    if not pip("install", "--no-deps", torch):
        return
    if "+cpu" not in torch:
        raise Unfit(failure(f"{torch} could not be installed"))
    say(f"{torch} is not where pip looks; getting it from {TORCH_CPU_INDEX} ...")
    if pip("install", "--no-deps", torch, "--extra-index-url", TORCH_CPU_INDEX):
        raise Unfit(failure(f"{torch} could not be installed"))


def pip(*args: str, num_packages: int = 0) -> int:
    """Run pip with its output in `.venv/setup.log`, showing how far it is."""
    command = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check",
               "--no-input", "--no-color", *args, "--progress-bar", "off"]  # fmt: skip
    with (VENV / "setup.log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   text=True, cwd=ROOT)  # fmt: skip
        assert process.stdout is not None
        progress = Progress(num_packages)
        for line in process.stdout:
            log.write(line)
            progress.line(line)
        return process.wait()


class Progress:
    """One readable line now and then, instead of pip's hundreds."""

    def __init__(self, num_packages: int) -> None:
        self.num_packages, self.num_seen = num_packages, 0
        self.shown_at = time.monotonic()

    def line(self, line: str) -> None:
        """Look at one line of pip's output."""
        if line.startswith(("Collecting ", "Requirement already satisfied: ")):
            self.num_seen += 1
            name = re.split(r"[ =]", line.split(": " if ": " in line else " ", 1)[1].strip())[0]
            if time.monotonic() - self.shown_at >= SHOW_EVERY_S and self.num_packages:
                self.shown_at = time.monotonic()
                say(f"  {self.num_seen} of {self.num_packages} fetched ({name})")
        elif match := re.match(r"\s+Downloading (\S+) \((\d{2,}\.?\d* MB|[\d.]+ GB)\)", line):
            self.shown_at = time.monotonic()
            say(f"  downloading {match[1].rsplit('/', 1)[-1]} ({match[2]})")
        elif line.startswith("Installing collected packages") and self.num_packages:
            say("  all fetched; unpacking (a minute or two) ...")


def failure(what: str) -> str:
    """`what`, with pip's own reason and without its noise."""
    noise = ("find-links", "Looking in", "[notice]", "WARNING: Location")
    lines = [line for line in (VENV / "setup.log").read_text().splitlines()
             if line.strip() and not any(word in line for word in noise)]  # fmt: skip
    errors = [line for line in lines if line.startswith("ERROR")] or lines
    return "\n  ".join([f"{what}; pip said (all of it is in .venv/setup.log):", *errors[-5:]])


def say(text: str) -> None:
    print(f"[setup] {text}", flush=True)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """A second `make` waits here for the first one's set-up."""
    with lock_of("cpu").open() as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(INCLUDED_IN), nargs="?", default="cpu")
    parser.add_argument("--port", help="also check that this port is free")
    options = parser.parse_args()
    try:
        if options.port is not None:
            check_port(options.port)
        with one_at_a_time():
            if not is_installed(options.kind):
                started = time.monotonic()
                check_machine(sys.executable, ROOT, options.kind)
                make_venv()
                install(options.kind)
                say(f"Installed in {time.monotonic() - started:.0f} s.")
    except Unfit as error:
        print(f"[setup] {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
