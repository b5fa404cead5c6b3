"""A draft's life: order, lease, offsets, one result."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from triage.actions import drafts, intake, overrides
from triage.errors import Conflict
from triage.models import Draft, Incident

OWNER = "worker-1"


@pytest.fixture
def running(classified) -> Draft:
    return drafts.claim(OWNER, 1)[0]


def _queue(user, urgency, tokens, minutes_ago):
    incident = Incident.objects.create(
        message="m", urgency=urgency, status="classified", submitted_by=user,
        dedupe_scope="t", idempotency_key=f"{urgency}/{tokens}/{minutes_ago}", payload_digest="d",
    )  # fmt: skip
    return Draft.objects.create(
        incident=incident, urgency=urgency, predicted_tokens=tokens,
        predicted_remaining_tokens=tokens,
        enqueued_at=timezone.now() - timedelta(minutes=minutes_ago),
    )  # fmt: skip


def test_claims_follow_urgency_then_length_then_arrival(dispatcher):
    late = _queue(dispatcher, 2, 100, 1)
    early = _queue(dispatcher, 2, 100, 5)
    short = _queue(dispatcher, 2, 50, 0)
    calm = _queue(dispatcher, 4, 10, 9)
    urgent = _queue(dispatcher, 0, 300, 0)
    claimed = drafts.claim(OWNER, 10)
    assert [draft.pk for draft in claimed] == [d.pk for d in (urgent, short, early, late, calm)]


def test_a_claim_may_leave_calm_drafts_in_the_queue(dispatcher):
    _queue(dispatcher, 3, 10, 0)
    urgent = _queue(dispatcher, 1, 10, 0)
    assert [draft.pk for draft in drafts.claim(OWNER, 10, max_urgency=1)] == [urgent.pk]


def test_text_is_added_only_at_its_offset_and_by_its_owner(running):
    assert drafts.append_text(running, OWNER, 0, "Héllo", 2)
    assert not drafts.append_text(running, OWNER, 0, "Héllo", 2)
    assert not drafts.append_text(running, "other", 5, "!", 3)
    assert drafts.append_text(running, OWNER, 5, "!", 3)
    running.refresh_from_db()
    assert (running.text, running.num_tokens) == ("Héllo!", 3)
    assert running.first_token_at is not None


def test_a_finished_draft_has_one_result(running):
    drafts.append_text(running, OWNER, 0, "text", 1)
    assert drafts.finish(running, OWNER, flags=[], num_preemptions=2)
    assert not drafts.finish(running, OWNER, flags=[], num_preemptions=0)
    running.refresh_from_db()
    assert (running.status, running.lease_owner, running.num_preemptions) == ("done", "", 2)
    assert len(running.text_sha256) == 64


def test_a_dead_workers_draft_goes_back_with_its_text(running):
    drafts.append_text(running, OWNER, 0, "half of it", 3)
    Draft.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert drafts.expire_leases() == 1
    again = drafts.claim("worker-2", 1)[0]
    assert (again.text, again.attempts) == ("half of it", 2)
    assert not drafts.append_text(running, OWNER, 10, "stale", 4)


def test_a_draft_that_kills_its_workers_fails_with_a_reason(running):
    Draft.objects.update(
        lease_expires_at=timezone.now() - timedelta(seconds=1), attempts=drafts.ENV.max_attempts
    )
    drafts.expire_leases()
    running.refresh_from_db()
    assert running.status == "failed"
    assert "protocol card" in running.failure


def test_a_heartbeat_tells_what_is_still_held_and_how_urgent(running, dispatcher):
    overrides.override_urgency(running.incident_id, 0, "worse", actor=dispatcher)
    assert drafts.heartbeat(OWNER) == {running.pk: 0}
    assert drafts.heartbeat("other") == {}


def test_an_override_moves_the_queued_draft(classified, dispatcher):
    overrides.override_urgency(classified.pk, 0, "not breathing now", actor=dispatcher)
    assert classified.drafts.get().urgency == 0


def test_closing_cancels_the_draft(running, dispatcher):
    intake.close(running.incident_id, actor=dispatcher)
    running.refresh_from_db()
    assert (running.status, running.lease_owner) == ("cancelled", "")
    assert not drafts.append_text(running, OWNER, 0, "late", 1)


def test_a_second_draft_is_refused_while_one_is_written(running, dispatcher):
    with pytest.raises(Conflict):
        drafts.request_new(running.incident_id, actor=dispatcher)


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_two_workers_never_claim_the_same_draft(dispatcher):
    if connection.vendor != "postgresql":
        pytest.fail("this test is about PostgreSQL's row locks")
    expected = {_queue(dispatcher, 2, 10, number).pk for number in range(40)}
    claimed: list[Draft] = []
    barrier = threading.Barrier(4)

    def work(owner):
        barrier.wait()
        try:
            while mine := drafts.claim(owner, 3):
                claimed.extend(mine)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == 40
    assert {draft.pk for draft in claimed} == expected
