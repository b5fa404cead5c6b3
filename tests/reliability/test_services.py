"""The services mode with every real part: nothing lost, the urgent first, killed workers mended."""

import json

import pytest

from tests.reliability.calls import all_done, drafts_of, get, report, start_all, until

pytestmark = [pytest.mark.services, pytest.mark.engine, pytest.mark.timeout(420)]


def test_smoke_backlog_and_killed_workers(product):
    start_all(product)
    with pytest.raises(RuntimeError, match="create_token"):
        product.manage("smoke", "--base-url", product.base_url, "--token", "unknown")
    smoke = json.loads(product.manage("smoke", "--base-url", product.base_url))
    assert (smoke["accepted"], smoke["done"], smoke["lost"]) == (20, 20, 0)

    backlog = json.loads(product.manage("backlog_check", "--base-url", product.base_url))
    assert backlog["urgency"] == 0
    assert backlog["ttft_s"] < 2
    assert backlog["slot_preemptions_after"] > backlog["slot_preemptions_before"]

    _a_killed_worker_loses_nothing(product)
    _a_killed_classifier_keeps_the_deadline(product)


def _a_killed_worker_loses_nothing(product):
    ids = [report(product, f"sore throat for {number} days, no fever") for number in range(2, 18)]

    def half_written():
        drafts = [drafts_of(product, one) for one in ids]
        return next((d[0] for d in drafts if d and d[0]["status"] == "running" and d[0]["text"]), 0)

    before = until(half_written, 60, "a draft in the middle")
    product.kill("llm")
    product.start("llm")
    done = {draft["id"]: draft for draft in all_done(product, ids)}
    assert done[before["id"]]["text"].startswith(before["text"]), "what was read was taken back"


def _a_killed_classifier_keeps_the_deadline(product):
    product.kill("classify")
    incident_id = report(product, "something happened to my neighbour, please send somebody")
    late = until(
        lambda: (row := get(product, f"/api/v1/incidents/{incident_id}/"))["late"] and row, 20,
        "the deadline",
    )  # fmt: skip
    assert (late["urgency"], late["status"]) == (1, "received")
    product.start("classify")
    until(
        lambda: get(product, f"/api/v1/incidents/{incident_id}/")["status"] == "classified", 60,
        "the late assessment",
    )  # fmt: skip
