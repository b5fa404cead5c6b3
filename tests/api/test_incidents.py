"""POST and GET /api/v1/incidents/: same action as the form, clear errors, nobody else's data."""

import json
import uuid

import pytest

from triage import broker
from triage.actions import classification
from triage.models import ApiToken, Incident, Source

URL = "/api/v1/incidents/"


@pytest.fixture(autouse=True)
def no_tasks(monkeypatch):
    monkeypatch.setattr(broker, "send_classify", lambda _incident_id: True)


@pytest.fixture
def post(client, source_token):
    def send(body, *, key="", token=source_token, content_type="application/json"):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if key:
            headers["Idempotency-Key"] = key
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        return client.post(URL, data, content_type=content_type, headers=headers)

    return send


def assert_problem(response, status):
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body


def test_it_stores_a_report(post, source):
    response = post({"message": "He fell", "age_years": 80, "source_level": 2}, key="k1")
    assert response.status_code == 201
    incident = Incident.objects.get(pk=response.json()["id"])
    assert response["Location"].endswith(f"{URL}{incident.pk}/")
    assert (incident.source, incident.age_years, incident.source_level) == (source, 80, 2)
    assert json.loads(incident.raw_payload)["message"] == "He fell"


def test_a_repeat_brings_the_same_answer(post):
    first = post({"message": "He fell"}, key="k1")
    again = post({"message": "He fell"}, key="k1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert_problem(post({"message": "Other"}, key="k1"), 409)


def test_a_cloud_event_is_deduplicated_by_source_and_id(post):
    event = {
        "specversion": "1.0", "id": "7", "source": "/cad", "type": "incident.reported",
        "data": {"message": "He fell"},
    }  # fmt: skip
    first = post(event, content_type="application/cloudevents+json")
    again = post(event, content_type="application/cloudevents+json")
    assert (first.status_code, again.status_code) == (201, 200)
    del event["id"]
    assert "id" in str(assert_problem(post(event), 422)["errors"])


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ("", 422, "message"),
        ("{", 400, "line 1"),
        ("[1]", 422, "object"),
        ('{"message": "a", "message": "b"}', 400, "twice"),
        ('{"message": NaN}', 400, "NaN"),
        (b'{"message": "\xff"}', 400, "UTF-8"),
        ("[" * 5000, 400, "deep"),
        ('{"a":' * 30 + "1" + "}" * 30, 400, "deep"),
        ({}, 422, "message"),
        ({"message": ""}, 422, "message"),
        ({"message": 5}, 422, "message"),
        ({"message": "x", "age_years": "old"}, 422, "age_years"),
        ({"message": "x", "age_years": 999}, 422, "age_years"),
        ({"message": "x", "source_level": 9}, 422, "source_level"),
        ({"message": "x", "colour": "red"}, 422, "colour"),
        ({"message": "x" * 20_001}, 422, "message"),
        ({"message": "\u200b"}, 422, "message"),
    ],
)
def test_bad_input_is_explained_and_stores_nothing(post, body, status, word):
    problem = assert_problem(post(body), status)
    assert word in json.dumps(problem)
    assert not Incident.objects.exists()


def test_a_huge_body_is_refused(post):
    assert_problem(post({"message": "x" * 10_000_000}), 413)


def test_other_content_types_and_methods_are_refused(post, client, source_token):
    assert_problem(post("message=x", content_type="application/x-www-form-urlencoded"), 415)
    headers = {"Authorization": f"Bearer {source_token}"}
    assert_problem(client.delete(URL, headers=headers), 405)


@pytest.mark.parametrize("token", ["", "st_wrong", "é"])
def test_without_a_usable_token_nothing_is_stored(post, token):
    response = post({"message": "x"}, token=token)
    assert_problem(response, 401)
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert not Incident.objects.exists()


def test_revoked_tokens_and_inactive_sources_are_refused(post, source):
    from django.utils import timezone

    ApiToken.objects.update(revoked_at=timezone.now())
    assert_problem(post({"message": "x"}), 401)
    ApiToken.objects.update(revoked_at=None)
    source.active = False
    source.save()
    assert_problem(post({"message": "x"}), 401)


def test_a_source_sees_only_its_own(post, client, source, source_token):
    own = post({"message": "mine"}).json()["id"]
    other = Source.objects.create(slug="other", name="Other")
    foreign = Incident.objects.create(
        message="theirs", source=other, dedupe_scope="o", idempotency_key="k", payload_digest="d"
    )
    headers = {"Authorization": f"Bearer {source_token}"}
    listed = client.get(URL, headers=headers).json()["results"]
    assert [row["id"] for row in listed] == [own]
    assert client.get(f"{URL}{own}/", headers=headers).status_code == 200
    assert_problem(client.get(f"{URL}{foreign.pk}/", headers=headers), 404)
    source.may_read_all = True
    source.save()
    assert client.get(f"{URL}{foreign.pk}/", headers=headers).status_code == 200


def test_the_detail_has_the_reasons_and_the_draft(post, client, source_token):
    incident_id = post({"message": "he is not breathing"}).json()["id"]
    classification.classify_incident(uuid.UUID(incident_id), None)
    headers = {"Authorization": f"Bearer {source_token}"}
    body = client.get(f"{URL}{incident_id}/", headers=headers).json()
    assert body["urgency"] == 0
    assert body["assessment"]["evidence"][0]["text"] in "he is not breathing"
    draft = body["drafts"][0]
    assert draft["status"] == "queued"
    assert client.get(f"/api/v1/drafts/{draft['id']}/", headers=headers).json() == draft


def test_filters_are_checked(client, source_token, post):
    post({"message": "x"})
    headers = {"Authorization": f"Bearer {source_token}"}
    assert client.get(f"{URL}?status=received", headers=headers).json()["results"]
    assert not client.get(f"{URL}?urgency=0", headers=headers).json()["results"]
    assert_problem(client.get(f"{URL}?urgency=9", headers=headers), 422)
    assert_problem(client.get(f"{URL}?status=lost", headers=headers), 422)


def test_an_observer_may_read_but_not_submit(client, observer):
    client.force_login(observer)
    assert client.get(URL).status_code == 200
    response = client.post(URL, json.dumps({"message": "x"}), content_type="application/json")
    assert_problem(response, 403)


def test_unknown_addresses_are_problem_documents(client):
    assert_problem(client.get("/api/v1/nothing/"), 404)


def test_when_full_it_says_when_to_come_back(post, monkeypatch):
    import dataclasses

    from triage.actions import intake

    monkeypatch.setattr(intake, "ENV", dataclasses.replace(intake.ENV, intake_hard_limit=1))
    assert post({"message": "one"}).status_code == 201
    response = post({"message": "two"})
    assert_problem(response, 429)
    assert int(response["Retry-After"]) > 0


def test_the_schema_and_its_page_are_served(client, dispatcher):
    client.force_login(dispatcher)
    assert client.get("/api/v1/schema/").status_code == 200
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    assert b"http://" not in page.content.replace(b"http://testserver", b"")
