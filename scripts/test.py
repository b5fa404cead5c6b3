"""`make test`: bring up the real parts, run pytest, take everything down again.

PostgreSQL, Redis and Chromium come from DATABASE_URL, REDIS_URL and CHROMIUM where these are
set, else from what is installed, else by apt-get when we are root. What still is missing is
listed at the end of the run; with CI=true that is a failure. Arguments go to pytest.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.services import PostgresServer, RedisServer, find_chromium  # noqa: E402
from tests.services.environment import clean_environ  # noqa: E402
from tests.services.postgres import find_binaries as find_postgres  # noqa: E402
from tests.services.processes import end_with_parent  # noqa: E402
from tests.services.redis import find_binary as find_redis  # noqa: E402

# What must hold on SQLite too, the embedded mode's database.
ON_SQLITE = ["tests/actions", "tests/models", "tests/api", "tests/console"]
_COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|deselected|xfailed|xpassed|warnings?)")


def install_missing() -> None:
    """Install absent parts by apt-get, if we may. What cannot be had is left out by pytest."""
    wanted = []
    if not os.environ.get("DATABASE_URL") and find_postgres() is None:
        wanted.append("postgresql")
    if not os.environ.get("REDIS_URL") and find_redis() is None:
        wanted.append("redis-server")
    if find_chromium() is None:
        wanted.append("chromium")
    if not wanted:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(f"Not here: {', '.join(wanted)}. Install with: "
              f"sudo apt-get install {' '.join(wanted)}", flush=True)  # fmt: skip
        return
    print(f"Installing for the tests: {', '.join(wanted)} (once)", flush=True)
    quiet = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.call([*quiet, "update"], env=environ)
    for package in wanted:  # one by one: what is missing in one must not keep out the others
        code = subprocess.call(
            [*quiet, "install", "-y", "--no-install-recommends", package],
            env=environ, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        if code:
            print(f"apt-get could not install {package}.", flush=True)


def start_parts(stack: contextlib.ExitStack) -> dict[str, str]:
    """Start what the environment does not give. Returns the settings that tell pytest of it."""
    given: dict[str, str] = {}
    if os.environ.get("DATABASE_URL"):
        given["DATABASE_URL"] = os.environ["DATABASE_URL"]
    elif find_postgres() is not None:
        postgres = stack.enter_context(PostgresServer())
        given["DATABASE_URL"] = postgres.create_database("semtriage")
    if os.environ.get("REDIS_URL"):
        given["REDIS_URL"] = os.environ["REDIS_URL"]
    elif find_redis() is not None:
        given["REDIS_URL"] = stack.enter_context(RedisServer()).url()
    chromium = find_chromium()
    if chromium:
        given["CHROMIUM"] = chromium
    return given


def run_pytest(args: list[str], settings: dict[str, str]) -> tuple[int, str]:
    """Run pytest to its end, showing its output. Returns its status and its summary line."""
    with tempfile.TemporaryDirectory(prefix="semtriage-var-") as var_dir:
        environ = {**clean_environ(), **settings, "TRIAGE_VAR_DIR": var_dir}
        color = ["--color=yes"] if sys.stdout.isatty() else []
        command = [*end_with_parent(), sys.executable, "-m", "pytest", *color, *args]
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE)
        assert process.stdout is not None
        tail = b""
        try:
            # As it comes, not by the line: a line of dots takes minutes to fill.
            while chunk := os.read(process.stdout.fileno(), 4096):
                sys.stdout.buffer.write(chunk)
                sys.stdout.buffer.flush()
                tail = (tail + chunk)[-4000:]
            return process.wait(), _summary_line(tail.decode(errors="replace"))
        except KeyboardInterrupt:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)  # pytest got the Ctrl-C too and is tidying up
            raise
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(30)


def _summary_line(text: str) -> str:
    lines = [line for line in text.splitlines() if _COUNT.search(line) and " in " in line]
    return lines[-1] if lines else ""


def add_up(summaries: list[str], duration_s: float) -> str:
    """One summary line, in pytest's form, of several runs."""
    total: Counter[str] = Counter()
    for summary in summaries:
        for number, word in _COUNT.findall(summary):
            total[word.removesuffix("s") if word.startswith(("error", "warn")) else word] += int(
                number
            )
    order = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "warning", "error")
    counts = ", ".join(f"{total[word]} {word}" for word in order if total[word])
    return f"{counts or 'no tests ran'} in {duration_s:.2f}s"


def main(args: list[str]) -> int:
    started = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    install_missing()
    with contextlib.ExitStack() as stack:
        settings = start_parts(stack)
        print("Testing with: " + ", ".join(sorted(settings)), flush=True)
        status, summaries = 0, []
        folders = [folder for folder in ON_SQLITE if (ROOT / folder).exists()]
        if not args and folders and "DATABASE_URL" in settings:
            print("First on SQLite, the embedded mode's database:", flush=True)
            only = ["-m", "not services and not engine and not browser and not slow"]
            status, summary = run_pytest([*only, *folders], {})
            summaries.append(summary)
            print("\nNow everything:", flush=True)
        main_status, summary = run_pytest(args, settings)
        summaries.append(summary)
        status = main_status or status
    if len(summaries) > 1:
        print(add_up(summaries, time.monotonic() - started))
    return status


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
