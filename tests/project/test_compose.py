"""The compose file is valid and says what the documentation says of it. Nothing is started."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import check_jsonschema
import jsonschema
import pytest
import yaml

from scripts.run_services import commands
from tests.services.environment import ROOT, setting_names

OURS = ("web", "worker", "maintenance", "beat", "llm-cpu", "llm-gpu")
LONG_RUNNING = ("db", "redis", *OURS)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    return compose["services"]


def test_it_keeps_to_the_compose_specification(compose: dict[str, Any]) -> None:
    vendored = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor"
    schema = json.loads((vendored / "compose-spec.json").read_text())
    jsonschema.validators.validator_for(schema)(schema).validate(compose)


def test_it_has_all_the_processes(services: dict[str, Any]) -> None:
    assert set(services) == {*LONG_RUNNING, "migrate"}


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_what_runs_for_long_is_watched_and_started_again(
    services: dict[str, Any], name: str
) -> None:
    assert services[name]["restart"] == "unless-stopped"
    assert services[name]["healthcheck"]["test"]


def test_the_language_model_is_chosen_by_profile(services: dict[str, Any]) -> None:
    assert services["llm-cpu"]["profiles"] == ["cpu"]
    assert services["llm-gpu"]["profiles"] == ["gpu"]
    assert not any("profiles" in services[name] for name in LONG_RUNNING if "llm" not in name)
    (device,) = services["llm-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert (device["driver"], device["capabilities"]) == ("nvidia", ["gpu"])
    assert services["llm-gpu"]["build"]["args"] == {"REQUIREMENTS": "gpu"}


def test_redis_never_evicts_a_task(services: dict[str, Any]) -> None:
    command = services["redis"]["command"]
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"


def test_no_secret_is_written_in_the_file(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|TOKEN|DATABASE_URL|API_KEY", variable):
                assert variable.endswith("_FILE"), (name, variable)
                assert value.removeprefix("/run/secrets/") in compose["secrets"]
                assert value.removeprefix("/run/secrets/") in service["secrets"]


def test_only_settings_that_exist_are_given(services: dict[str, Any]) -> None:
    known = {*setting_names(), *(f"{name}_FILE" for name in setting_names())}
    for name in OURS:
        assert set(services[name]["environment"]) <= known


def test_the_named_volumes_are_all_declared(compose: dict[str, Any]) -> None:
    mounts = [mount for service in compose["services"].values()
              for mount in service.get("volumes", [])]  # fmt: skip
    named = {mount.split(":")[0] for mount in mounts if re.match(r"[a-z]+:", mount)}
    assert named == set(compose["volumes"]) == {"database", "broker", "state"}


def test_the_queues_are_those_of_make_run(services: dict[str, Any]) -> None:
    by_hand = commands()
    for service, name in (("worker", "classify"), ("maintenance", "maintenance")):
        command = services[service]["command"]
        assert (
            command[command.index("--queues") + 1] == by_hand[name][by_hand[name].index("-Q") + 1]
        )


def test_the_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    def make() -> dict[str, str]:
        subprocess.run(["/bin/sh", str(ROOT / "docker" / "make_secrets.sh")], check=True,
                       env={"SECRETS_DIR": str(tmp_path / "secrets"), "PATH": "/usr/bin:/bin"},
                       capture_output=True)  # fmt: skip
        return {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}

    first = make()
    assert set(first) == {"secret_key", "db_password", "database_url"}
    assert len(first["secret_key"]) == 64 and first["db_password"] in first["database_url"]
    assert make() == first
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0


def test_the_image_holds_none_of_this_machine() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {".git", ".venv", ".env", "var", "secrets"} <= set(ignored)
    dockerfile = (ROOT / "docker" / "Dockerfile").read_text()
    assert "USER semtriage" in dockerfile
    assert dockerfile.index("scripts/setup.py") < dockerfile.index("COPY . .")
