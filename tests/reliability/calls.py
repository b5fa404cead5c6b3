"""What the reliability tests do as an intake system, over HTTP."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.services.product import Product
from triage.demo.data import DEMO_TOKEN

ENGINE_UP_S = 120
HEADERS = {"Authorization": f"Bearer {DEMO_TOKEN}"}


def start_all(product: Product) -> None:
    """All processes up, the engine ready, the demo's users there."""
    product.manage("demo_data", "--verbosity", "0")
    product.start()
    until(lambda: get(product, "/api/v1/system/")["engine"] == "ready", ENGINE_UP_S, "engine")
    first = report(product, "This is a test of the system.")
    until(lambda: _is_classified(product, first), ENGINE_UP_S, "a classification")


def _is_classified(product: Product, incident_id: str) -> bool:
    return bool(get(product, f"/api/v1/incidents/{incident_id}/")["status"] == "classified")


def get(product: Product, path: str) -> Any:
    """The JSON at that address."""
    return httpx.get(product.base_url + path, headers=HEADERS, timeout=10).json()


def post(product: Product, message: str, *, key: str = "") -> httpx.Response:
    """Report an incident."""
    headers = HEADERS | ({"Idempotency-Key": key} if key else {})
    url = f"{product.base_url}/api/v1/incidents/"
    return httpx.post(url, json={"message": message}, headers=headers, timeout=30)


def report(product: Product, message: str) -> str:
    """Report an incident that must be accepted; its id."""
    response = post(product, message)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


def drafts_of(product: Product, incident_id: str) -> list[dict[str, Any]]:
    """The incident's drafts as stored."""
    return list(get(product, f"/api/v1/incidents/{incident_id}/")["drafts"])


def until(condition: Callable[[], Any], limit_s: float, what: str) -> Any:
    """What `condition` gives once that is something; fails the test when it takes too long."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    return pytest.fail(f"waited {limit_s} s for: {what}")


def all_done(product: Product, ids: list[str], limit_s: float = ENGINE_UP_S) -> list[Any]:
    """Wait until every incident has exactly one finished draft, and return these."""

    def done(incident_id: str) -> list[Any]:
        return [d for d in drafts_of(product, incident_id) if d["status"] == "done"]

    finished = [until(lambda one=one: done(one), limit_s, "every draft done") for one in ids]
    assert [len(drafts) for drafts in finished] == [1] * len(ids)
    return [drafts[0] for drafts in finished]
