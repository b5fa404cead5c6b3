"""What must never be is refused by the database itself."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from triage.models import Draft, Incident, PriorityRule


@pytest.fixture
def incident(dispatcher) -> Incident:
    return Incident.objects.create(
        message="m", urgency=2, status="classified", submitted_by=dispatcher,
        dedupe_scope="t", idempotency_key="k", payload_digest="d",
    )  # fmt: skip


def _draft(incident, **values):
    defaults = {
        "incident": incident, "urgency": 2, "predicted_tokens": 10,
        "predicted_remaining_tokens": 10, "enqueued_at": timezone.now(),
    }  # fmt: skip
    return Draft.objects.create(**{**defaults, **values})


@pytest.mark.parametrize(
    "values",
    [
        {"urgency": 7},
        {"status": "running"},
        {"lease_owner": "w"},
        {"status": "failed"},
        {"review": "approved"},
    ],
)
def test_an_impossible_draft_is_refused(incident, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        _draft(incident, **values)


def test_an_incident_has_one_active_draft(incident):
    _draft(incident)
    with pytest.raises(IntegrityError), transaction.atomic():
        _draft(incident)
    _draft(incident, status="cancelled")


def test_a_classified_incident_has_a_level(incident):
    with pytest.raises(IntegrityError), transaction.atomic():
        Incident.objects.filter(pk=incident.pk).update(urgency=None)


def test_ids_sort_by_time(incident, dispatcher):
    later = Incident.objects.create(
        message="n", submitted_by=dispatcher, dedupe_scope="t", idempotency_key="k2",
        payload_digest="d",
    )  # fmt: skip
    assert later.id > incident.id


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"pattern": "(?<=x)y", "level": 1}, "pattern"),
        ({"words": "x", "level": None}, "level"),
        ({"level": 1}, "words"),
        ({"words": "x", "action": "tag"}, "tag"),
        ({"words": "x", "level": 1, "min_age": 9, "max_age": 3}, "max_age"),
    ],
)
def test_a_rule_that_makes_no_sense_is_explained(db, values, field):
    rule = PriorityRule(name="r", reason="because", **values)
    with pytest.raises(ValidationError) as caught:
        rule.full_clean()
    assert field in caught.value.message_dict
