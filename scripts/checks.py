"""What a machine must have, checked before anything is installed. Standard library only."""

import ctypes
import os
import platform
import shutil
import socket
import subprocess
from pathlib import Path

# The installed packages take 4.2 GB (with CUDA about 10); the rest is for downloads and data.
NEEDED_DISK_GB = {"cpu": 8.0, "dev": 8.0, "gpu": 20.0}
CPUINFO = Path("/proc/cpuinfo")


class Unfit(Exception):
    """The machine lacks something; the message is one sentence that says what to do."""


def check_platform(machine: str, system: str) -> None:
    """The packages for the CPU are built for Linux on x86-64."""
    if system != "Linux" or machine not in ("x86_64", "AMD64"):
        raise Unfit(
            f"The CPU engine is built for Linux on x86-64 and this is {system} on {machine}: use "
            "such a machine, or run the rest with LLM_ENGINE=openai (see docs/settings.md)."
        )


def check_cpu(cpuinfo: str) -> None:
    """The engine's kernels need AVX2 or AVX-512. `cpuinfo` is the text of /proc/cpuinfo."""
    flags = {flag for line in cpuinfo.splitlines() if line.startswith("flags")
             for flag in line.split(":", 1)[1].split()}  # fmt: skip
    if not flags & {"avx2", "avx512f"}:
        raise Unfit(
            "This processor has neither AVX2 nor AVX-512, which the language model's engine "
            "needs: use a newer machine (or pass the host's CPU model on to the virtual machine)."
        )


def check_disk(folder: Path, kind: str = "cpu", free_gb: float | None = None) -> None:
    """Room for the packages where they are installed."""
    if free_gb is None:
        free_gb = shutil.disk_usage(folder).free / 1e9
    if free_gb < NEEDED_DISK_GB[kind]:
        raise Unfit(
            f"Only {free_gb:.1f} GB are free under {folder}, and the set-up needs "
            f"{NEEDED_DISK_GB[kind]:g} GB: free some space, or clone into a larger disk."
        )


def check_venv(python: str) -> None:
    """Debian packs the making of virtual environments separately."""
    if subprocess.call([python, "-c", "import ensurepip, venv"], stderr=subprocess.DEVNULL):
        raise Unfit(
            f"{python} cannot make virtual environments: install the package python3.11-venv "
            "(sudo apt-get install python3.11-venv) and run this again."
        )


def check_numa_library() -> None:
    """The engine links libnuma, which small images lack. As root it is simply installed."""
    if _loads("libnuma.so.1"):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("[setup] Installing the system library libnuma1 ...", flush=True)
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (["update"], ["install", "-y", "--no-install-recommends", "libnuma1"]):
            subprocess.call(["apt-get", "-qq", *step], env=environ, stdout=subprocess.DEVNULL)
    if not _loads("libnuma.so.1"):
        raise Unfit(
            "The system library libnuma.so.1 is missing, which the language model's engine "
            "needs: install it (sudo apt-get install libnuma1) and run this again."
        )


def check_port(port: str, host: str = "127.0.0.1") -> None:
    """Nobody else listens where the product is to."""
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise Unfit(f"PORT={port} is not a port: give a number from 1 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except PermissionError as error:
            raise Unfit(
                f"Port {port} is reserved for root: choose one above 1023, such as PORT=8000."
            ) from error
        except OSError as error:
            raise Unfit(
                f"Port {port} is taken (is SemTriage running already?): stop what uses it, or "
                f"choose another, such as PORT={int(port) % 65000 + 1}."
            ) from error


def check_machine(python: str, folder: Path, kind: str) -> None:
    """All that installing one of the locks needs. Raises Unfit at the first thing missing."""
    check_platform(platform.machine(), platform.system())
    if kind != "gpu":
        check_cpu(CPUINFO.read_text() if CPUINFO.exists() else "")
        check_numa_library()
    check_disk(folder, kind)
    check_venv(python)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
