"""What all tests share: which parts are here, the cast, and the product as processes.

The cast, as everybody knows them: `dispatcher` decides, `administrator` keeps rules and sources,
`observer` may only look; `source` is an intake system with a `source_token`.
"""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.services import environment
from tests.services.product import Product, run_manage

if TYPE_CHECKING:
    from triage.models import Source, User

PASSWORD = "a-password-for-tests-only"
_LATE = ("browser", "engine")  # the heavy ones, after everything that is quick to fail
_left_out = pytest.StashKey[dict[str, int]]()


@pytest.hookimpl(trylast=True)  # after -m and -k: what nobody asked for is not left out
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, and count, what needs a part that is not here; heavy tests come last."""
    missing = environment.missing_parts()
    counts: dict[str, int] = {}
    for item in items:
        for marker, reason in missing.items():
            if item.get_closest_marker(marker):
                # Its part is not here. Named in the last lines, and a failure under CI=true.
                item.add_marker(pytest.mark.skip(reason=reason))  # the part it needs is missing
                counts[marker] = counts.get(marker, 0) + 1
                break
    config.stash[_left_out] = counts
    items.sort(key=lambda item: max((_LATE.index(mark) + 1 for mark in _LATE
                                     if item.get_closest_marker(mark)), default=0))  # fmt: skip


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter,
) -> Generator[None, None, None]:
    """Say in the last lines which parts this run did not test."""
    yield
    counts = terminalreporter.config.stash.get(_left_out, {})
    for marker, reason in environment.missing_parts().items():
        if counts.get(marker):
            terminalreporter.write_line(
                f"LEFT OUT: {counts[marker]} tests marked '{marker}': {reason}.", red=True
            )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a part left out is a failure; only a GPU is not expected there."""
    counts = session.config.stash.get(_left_out, {})
    expected = [marker for marker in counts if marker != "gpu"]
    if os.environ.get("CI", "").lower() in ("1", "true") and expected and not session.exitstatus:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _member(role: str, **fields: object) -> "User":
    from django.contrib.auth.models import Group

    from triage.models import User

    user = User.objects.create_user(username=role, password=PASSWORD, **fields)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def dispatcher(db: None) -> "User":
    """Submits, overrides and reviews. Their password is PASSWORD, as everybody's here."""
    return _member("dispatcher")


@pytest.fixture
def administrator(db: None) -> "User":
    """Keeps the rules, the sources and the users in the admin."""
    return _member("administrator", is_staff=True)


@pytest.fixture
def observer(db: None) -> "User":
    """May look and nothing else."""
    return _member("observer")


@pytest.fixture
def source(db: None) -> "Source":
    """An intake system that reads only what it sent."""
    from triage.models import Source

    return Source.objects.create(slug="test-intake", name="Test intake")


@pytest.fixture
def source_token(source: "Source") -> str:
    """The secret of `source`, for the header `Authorization: Bearer …`."""
    from triage.models import ApiToken

    token = ApiToken(source=source, label="tests")
    secret = token.set_secret()
    token.save()
    return secret


@pytest.fixture(scope="session")
def _template_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database to copy: much faster than migrating one per test."""
    admin_url = os.environ["DATABASE_URL"]
    url = environment.make_database(admin_url)
    env = {**environment.clean_environ(), "DATABASE_URL": url,
           "TRIAGE_VAR_DIR": str(tmp_path_factory.mktemp("template"))}  # fmt: skip
    run_manage(env, "migrate", "--skip-checks", "--verbosity", "0")
    yield url.rsplit("/", 1)[1]
    environment.drop_database(admin_url, url)


@pytest.fixture
def services_env(_template_database: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of the services mode: a fresh migrated database, an empty Redis database.

    For processes; use it only in tests marked `services`.
    """
    admin_url = os.environ["DATABASE_URL"]
    database_url = environment.make_database(admin_url, template=_template_database)
    redis_url = environment.empty_redis_database(os.environ["REDIS_URL"])
    yield {**environment.clean_environ(), "DATABASE_URL": database_url, "REDIS_URL": redis_url,
           "TRIAGE_VAR_DIR": str(tmp_path / "var")}  # fmt: skip
    environment.command(redis_url, "FLUSHDB")
    environment.drop_database(admin_url, database_url)


@pytest.fixture
def embedded_env(tmp_path: Path) -> dict[str, str]:
    """The environment of the embedded mode: SQLite in a fresh folder, everything in memory."""
    return {**environment.clean_environ(), "TRIAGE_VAR_DIR": str(tmp_path / "var"), "FEED": "0"}


@pytest.fixture
def product(services_env: dict[str, str], tmp_path: Path) -> Iterator[Product]:
    """The services mode, nothing started yet: `product.start("web", "classify", …)`."""
    logs = tmp_path / "logs"
    logs.mkdir()
    running = Product(services_env, logs)
    yield running
    running.stop()


@pytest.fixture
def embedded_product(embedded_env: dict[str, str], tmp_path: Path) -> Iterator[Product]:
    """The embedded mode, nothing started yet: `embedded_product.start_embedded()`."""
    logs = tmp_path / "logs"
    logs.mkdir()
    running = Product(embedded_env, logs)
    yield running
    running.stop()
