"""The services mode with every real part: nothing lost, the urgent first, killed workers mended."""

import json
import time

import httpx
import pytest

from triage.demo.data import DEMO_TOKEN

pytestmark = [pytest.mark.services, pytest.mark.engine, pytest.mark.timeout(420)]
ENGINE_UP_S = 120
HEADERS = {"Authorization": f"Bearer {DEMO_TOKEN}"}


@pytest.fixture
def running(product):
    """All processes up, the engine ready, the demo's users there."""
    product.manage("demo_data", "--verbosity", "0")
    product.start()
    _engine_ready(product)
    return product


def _engine_ready(product) -> None:
    _until(lambda: _get(product, "/api/v1/system/")["engine"] == "ready", ENGINE_UP_S, "engine")


def _get(product, path):
    return httpx.get(product.base_url + path, headers=HEADERS, timeout=10).json()


def _post(product, message: str) -> str:
    response = httpx.post(
        f"{product.base_url}/api/v1/incidents/", json={"message": message}, headers=HEADERS
    )
    assert response.status_code == 201
    return response.json()["id"]


def _until(condition, limit_s: float, what: str):
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    pytest.fail(f"waited {limit_s} s for: {what}")


def test_smoke_backlog_and_a_killed_worker(running):
    smoke = json.loads(running.manage("smoke", "--base-url", running.base_url))
    assert (smoke["accepted"], smoke["done"], smoke["lost"]) == (20, 20, 0)

    backlog = json.loads(running.manage("backlog_check", "--base-url", running.base_url))
    assert backlog["urgency"] == 0
    assert backlog["ttft_s"] < 2
    assert backlog["slot_preemptions_after"] > backlog["slot_preemptions_before"]

    _a_killed_worker_loses_nothing(running)
    _a_killed_classifier_keeps_the_deadline(running)


def _a_killed_worker_loses_nothing(product):
    ids = [_post(product, f"sore throat for {number} days, no fever") for number in range(2, 18)]

    def half_written():
        drafts = [_get(product, f"/api/v1/incidents/{one}/")["drafts"] for one in ids]
        return next((d[0] for d in drafts if d and d[0]["status"] == "running" and d[0]["text"]), 0)

    before = _until(half_written, 60, "a draft in the middle")
    product.kill("llm")
    product.start("llm")
    for incident_id in ids:
        done = _until(
            lambda one=incident_id: [
                draft
                for draft in _get(product, f"/api/v1/incidents/{one}/")["drafts"]
                if draft["status"] == "done"
            ],
            ENGINE_UP_S,
            "every draft done",
        )
        assert len(done) == 1
        if done[0]["id"] == before["id"]:
            assert done[0]["text"].startswith(before["text"]), "what was read was taken back"


def _a_killed_classifier_keeps_the_deadline(product):
    product.kill("classify")
    incident_id = _post(product, "something happened to my neighbour, please send somebody")
    late = _until(
        lambda: (row := _get(product, f"/api/v1/incidents/{incident_id}/"))["late"] and row, 20,
        "the deadline",
    )  # fmt: skip
    assert (late["urgency"], late["status"]) == (1, "received")
    product.start("classify")
    _until(
        lambda: _get(product, f"/api/v1/incidents/{incident_id}/")["status"] == "classified", 60,
        "the late assessment",
    )  # fmt: skip
