"""A private PostgreSQL server on a free port, in a temporary folder."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from tests.services.processes import ServerProcess, free_port, port_is_open

USER = "semtriage"
# Speed over safety: the data lives as long as the test run.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "listen_addresses": "127.0.0.1",
    "timezone": "UTC",
}


def find_binaries() -> Path | None:
    """The folder with initdb and postgres, the newest version first; None if not installed."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda path: float(re.sub(r"[^\d.]", "", path.parent.name) or 0),
        reverse=True,
    )
    on_path = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    for folder in [*versions, *on_path]:
        if all((folder / name).exists() for name in ("initdb", "postgres", "psql")):
            return folder
    return None


class PostgresServer:
    """Start it with `start()` (or `with`), end it with `stop()`; `restart()` keeps the data."""

    def __init__(self, binaries: Path | None = None) -> None:
        found = binaries or find_binaries()
        if found is None:
            raise FileNotFoundError("PostgreSQL (initdb, postgres, psql) is not installed.")
        self.binaries = found
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="semtriage-pg-"))
        self.process: ServerProcess | None = None
        self._account = _unprivileged_account()

    def __enter__(self) -> "PostgresServer":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> "PostgresServer":
        """Start the server, making its data folder first if there is none."""
        data = self.folder / "data"
        if not data.exists():
            self._initdb(data)
        options = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        self.process = ServerProcess(
            [str(self.binaries / "postgres"), "-D", str(data), "-p", str(self.port),
             "-k", str(self.folder), *options],
            self.folder / "server.log", cwd=self.folder, **self._as_user(),
        )  # fmt: skip
        self.process.wait_until(self._answers, 30, "PostgreSQL")
        return self

    def halt(self) -> None:
        """End the server, keeping its data."""
        if self.process is not None:
            self.process.stop(number=signal.SIGINT)  # "fast": open sessions are ended
            self.process = None

    def restart(self) -> None:
        """End and start it again, on the same port with the same data."""
        self.halt()
        self.start()

    def stop(self) -> None:
        """End the server and remove its folder."""
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases, as DATABASE_URL takes it."""
        return f"postgres://{USER}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """Make an empty database and return its address."""
        self.sql(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def sql(self, statement: str) -> None:
        """Run one statement as the superuser."""
        run_sql(self.url(), statement, binaries=self.binaries)

    def _answers(self) -> bool:
        if not port_is_open(self.port):
            return False
        try:
            self.sql("SELECT 1")
        except subprocess.CalledProcessError:
            return False
        return True

    def _initdb(self, data: Path) -> None:
        if self._account is not None:
            os.chown(self.folder, self._account.pw_uid, self._account.pw_gid)
        subprocess.run(
            [str(self.binaries / "initdb"), "-D", str(data), "-U", USER, "-A", "trust",
             "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True, stdout=subprocess.DEVNULL, cwd=self.folder,
            **({"extra_groups": []} if self._account else {}), **self._as_user(),
        )  # fmt: skip

    def _as_user(self) -> dict[str, int]:
        account = self._account
        return {"user": account.pw_uid, "group": account.pw_gid} if account else {}


def run_sql(url: str, statement: str, *, binaries: Path | None = None) -> None:
    """Run one statement by psql. Raises subprocess.CalledProcessError with the server's words."""
    psql = str(binaries / "psql") if binaries else shutil.which("psql") or "psql"
    subprocess.run(
        [psql, url, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip


def _unprivileged_account() -> pwd.struct_passwd | None:
    """Whom to run as: PostgreSQL refuses root. None: as whoever we are."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL does not run as root and there is no other user here.")
