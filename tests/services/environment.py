"""What tests are told about the parts: the environment, and which parts are there."""

import os
import re
import sys
import uuid
from pathlib import Path

from tests.services.chromium import find_chromium
from tests.services.postgres import run_sql
from tests.services.redis import command

ROOT = Path(__file__).resolve().parent.parent.parent
ENV_FILE = ROOT / "triage" / "config" / "env.py"


def setting_names() -> list[str]:
    """Every name that `triage/config/env.py` reads from the environment, in its order."""
    found = re.findall(r'_env\.\w+\(\s*"(\w+)"', ENV_FILE.read_text())
    return list(dict.fromkeys(found))


def clean_environ() -> dict[str, str]:
    """This process's environment without any of the product's settings."""
    names = {*setting_names(), *(f"{name}_FILE" for name in setting_names())}
    kept = {name: value for name, value in os.environ.items() if name not in names}
    return {**kept, "PYTHONUNBUFFERED": "1", "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}  # fmt: skip


def has_services() -> bool:
    """Whether this run was given PostgreSQL and Redis."""
    url = os.environ.get("DATABASE_URL", "")
    return url.startswith("postgres") and bool(os.environ.get("REDIS_URL"))


def missing_parts() -> dict[str, str]:
    """Marker -> why the tests that carry it cannot run here."""
    missing = {}
    if not has_services():
        missing["services"] = "PostgreSQL and Redis are not here (`make test` brings them)"
    if find_chromium() is None:
        missing["browser"] = "no Chromium here (set CHROMIUM, or install the package chromium)"
    if not Path("/dev/nvidia0").exists():
        missing["gpu"] = "no GPU here"
    return missing


def make_database(admin_url: str, *, template: str = "template1") -> str:
    """Make a database beside the one of `admin_url`, and return its address."""
    name = f"semtriage_{uuid.uuid4().hex[:12]}"
    run_sql(admin_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return f"{admin_url.rsplit('/', 1)[0]}/{name}"


def drop_database(admin_url: str, url: str) -> None:
    """Remove a database that `make_database` made, whoever is still connected."""
    run_sql(admin_url, f'DROP DATABASE IF EXISTS "{url.rsplit("/", 1)[1]}" WITH (FORCE)')


def empty_redis_database(url: str) -> str:
    """The address of a numbered database of that server that holds nothing.

    Number 0 is left alone. Raises OSError when all are in use.
    """
    server = url.split("://", 1)[0] + "://" + url.split("://", 1)[1].split("/", 1)[0]
    for number in range(1, 64):
        if command(f"{server}/{number}", "DBSIZE") == ":0":
            return f"{server}/{number}"
    raise OSError("Every database of this Redis server is in use.")
