"""Whatever is sent, the answer is never a 5xx."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage import broker

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=50),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=10,
)  # fmt: skip
FIELDS = ("message", "age_years", "sex", "location", "callback_number", "source_level",
          "specversion", "id", "source", "type", "data")  # fmt: skip
BODY = st.dictionaries(st.sampled_from(FIELDS), ANY_JSON, max_size=6) | ANY_JSON


@pytest.mark.django_db
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=BODY, key=st.text(max_size=30))
def test_no_body_breaks_the_intake(client, source_token, monkeypatch, body, key):
    monkeypatch.setattr(broker, "send_classify", lambda _incident_id: True)
    headers = {"Authorization": f"Bearer {source_token}"}
    if key.isascii() and key.isprintable():
        headers["Idempotency-Key"] = key
    response = client.post(
        "/api/v1/incidents/", json.dumps(body), content_type="application/json", headers=headers
    )
    assert response.status_code < 500
    if response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json"
