"""The tests' own servers come up, go down and leave nothing."""

import os

import pytest

from tests.services import PostgresServer, RedisServer
from tests.services.environment import clean_environ, setting_names
from tests.services.postgres import run_sql
from tests.services.redis import command


@pytest.mark.services
def test_postgres_keeps_its_data_over_a_restart_and_is_gone_after_stop() -> None:
    with PostgresServer() as server:
        url = server.create_database("kept")
        run_sql(url, "CREATE TABLE kept (id int)")
        server.restart()
        run_sql(url, "INSERT INTO kept VALUES (1)")
        process = server.process
    assert process is not None
    assert not process.running
    assert not server.folder.exists()


@pytest.mark.services
def test_redis_refuses_to_evict_and_forgets_on_restart() -> None:
    with RedisServer() as server:
        assert command(server.url(3), "SET", "key", "value") == "+OK"
        assert command(server.url(3), "DBSIZE") == ":1"
        server.restart()
        assert command(server.url(3), "DBSIZE") == ":0"
    assert not server.folder.exists()


def test_the_settings_are_read_from_the_code() -> None:
    names = setting_names()
    assert names[0] == "TRIAGE_VAR_DIR"
    assert {"DATABASE_URL", "REDIS_URL", "LLM_SLOTS", "TRIAGE_SECRET_KEY"} <= set(names)


def test_a_product_under_test_does_not_inherit_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_SLOTS", "1")
    monkeypatch.setenv("TRIAGE_SECRET_KEY_FILE", os.devnull)
    assert not {"LLM_SLOTS", "TRIAGE_SECRET_KEY_FILE"} & set(clean_environ())


@pytest.mark.services
def test_each_test_gets_its_own_migrated_database(services_env: dict[str, str]) -> None:
    run_sql(services_env["DATABASE_URL"], "SELECT count(*) FROM triage_incident")
    assert services_env["DATABASE_URL"] != os.environ["DATABASE_URL"]
    assert command(services_env["REDIS_URL"], "DBSIZE") == ":0"
