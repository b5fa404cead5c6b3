"""Taking reports in: once per key, clean, loud when full, nothing sent when rolled back."""

import threading

import pytest
from django.db import connections, transaction

from triage import broker
from triage.actions import intake
from triage.errors import IdempotencyConflict, InvalidReport, Overloaded
from triage.models import Incident

Report = intake.NewReport


@pytest.fixture
def sent(monkeypatch):
    """The ids of all classification tasks that were sent."""
    ids = []
    monkeypatch.setattr(
        broker, "send_classify", lambda incident_id: ids.append(incident_id) or True
    )
    return ids


def test_it_stores_a_report_and_asks_for_its_classification(
    dispatcher, sent, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        incident, created = intake.submit(Report("He fell", age_years=80), user=dispatcher)
    assert created
    assert (incident.status, incident.urgency, incident.age_years) == ("received", None, 80)
    assert sent == [incident.id]
    assert incident.log.get().action == "submitted"
    assert "He fell" not in str(incident.log.get().detail)


def test_the_same_key_brings_the_same_incident(dispatcher, sent):
    first, _ = intake.submit(Report("He fell"), user=dispatcher, idempotency_key="k")
    again, created = intake.submit(Report("He fell"), user=dispatcher, idempotency_key="k")
    assert again == first
    assert not created


def test_the_same_key_with_other_content_is_refused(dispatcher, sent):
    intake.submit(Report("He fell"), user=dispatcher, idempotency_key="k")
    with pytest.raises(IdempotencyConflict):
        intake.submit(Report("She fell"), user=dispatcher, idempotency_key="k")
    assert Incident.objects.count() == 1


def test_keys_of_different_submitters_do_not_meet(dispatcher, source, sent):
    one, _ = intake.submit(Report("He fell"), user=dispatcher, idempotency_key="k")
    two, _ = intake.submit(Report("He fell"), source=source, idempotency_key="k")
    assert one != two


@pytest.mark.parametrize(
    ("report", "field"),
    [
        (Report("  \u200b "), "message"),
        (Report("x" * (intake.MAX_MESSAGE_CHARS + 1)), "message"),
        (Report("He fell", age_years=-1), "age_years"),
        (Report("He fell", age_years=float("nan")), "age_years"),
        (Report("He fell", sex="robot"), "sex"),
        (Report("He fell", source_level=5), "source_level"),
        (Report("He fell", location="x" * 301), "location"),
    ],
)
def test_it_names_the_field_that_is_wrong(dispatcher, report, field):
    with pytest.raises(InvalidReport) as caught:
        intake.submit(report, user=dispatcher)
    assert field in caught.value.fields
    assert not Incident.objects.exists()


def test_it_drops_characters_that_hide_words():
    cleaned = intake.clean(Report("not\u200b brea\x00thing\u202e", raw_payload="a\x00b"))
    assert cleaned.message == "not breathing"
    assert "\x00" not in cleaned.raw_payload


def test_over_the_hard_limit_it_refuses_loudly(dispatcher, sent, monkeypatch):
    monkeypatch.setattr(intake, "ENV", _limited(2))
    intake.submit(Report("one"), user=dispatcher)
    intake.submit(Report("two"), user=dispatcher)
    with pytest.raises(Overloaded) as caught:
        intake.submit(Report("three"), user=dispatcher)
    assert caught.value.retry_after_s
    assert Incident.objects.count() == 2


def _limited(limit):
    import dataclasses

    return dataclasses.replace(intake.ENV, intake_hard_limit=limit)


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_report_sends_nothing(dispatcher, sent):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        intake.submit(Report("He fell"), user=dispatcher)
        raise ZeroDivisionError
    assert sent == []
    assert not Incident.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_with_one_key_make_one_incident(dispatcher, sent):
    num_threads = 50
    found, barrier = [], threading.Barrier(num_threads)

    def submit():
        barrier.wait()
        try:
            found.append(intake.submit(Report("He fell"), user=dispatcher, idempotency_key="k"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=submit) for _ in range(num_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == num_threads
    assert len({incident.id for incident, _created in found}) == 1
    assert sum(created for _incident, created in found) == 1
    assert Incident.objects.count() == 1
