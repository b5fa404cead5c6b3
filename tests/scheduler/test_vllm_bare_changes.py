"""Without a model too: what changes meanwhile, what is refused, what is overdue."""

import pytest

from tests.scheduler.vllm_bare import (
    check,
    make_request,
    start_calm,
)

pytestmark = pytest.mark.engine


def test_a_retriage_is_obeyed_at_once_wherever_the_job_is(engine):
    start_calm(engine, 8)
    engine.add(make_request("control", extra={"retriage_job_id": "calm-7", "urgency": 0}))
    engine.step()
    scheduler = engine.scheduler
    assert "calm-7" in {request.request_id for request in scheduler.running}
    engine.add(make_request("control-2", extra={"retriage_job_id": "calm-7", "urgency": 4,
                                                "predicted_remaining_tokens": 400}))  # fmt: skip
    engine.add(make_request("urgent", urgency=1))
    engine.step()
    assert "calm-7" in {job.tag for job in scheduler.waiting.places}
    engine.step()
    assert {"control", "control-2"} <= set(engine.ends)
    assert "control" not in scheduler.jobs
    engine.run()
    assert engine.texts["calm-7"] == engine.expected("calm-7", 60)
    check(scheduler)


def test_all_requests_of_a_job_follow_its_urgency(engine):
    """One job with n=2 is two requests with the same arguments."""
    start_calm(engine, 4, tokens=200)
    extra = {"job_id": "pair", "urgency": 4, "predicted_output_tokens": 50}
    for name in ("0_pair", "1_pair"):
        engine.add(make_request(name, tokens=50, extra=extra))
    engine.add(make_request("control", extra={"retriage_job_id": "pair", "urgency": 0}))
    engine.step()
    scheduler = engine.scheduler
    assert [scheduler.jobs[name].urgency for name in ("0_pair", "1_pair")] == [0, 0]
    assert {"0_pair", "1_pair"} <= {request.request_id for request in scheduler.running}
    assert scheduler.stats.retriages_total == 1
    check(scheduler)
    engine.abort("1_pair")
    engine.add(make_request("control-2", extra={"retriage_job_id": "pair", "urgency": 1}))
    engine.step()
    assert scheduler.jobs["0_pair"].urgency == 1, "the other one is still known"
    engine.run()
    assert not scheduler._by_tag


def test_controls_are_answered_when_nothing_else_is_there_and_while_paused(engine):
    from vllm.v1.core.sched.interface import PauseState

    engine.add(make_request("control", extra={"retriage_job_id": "nobody", "urgency": 0}))
    engine.run()
    engine.scheduler.set_pause_state(PauseState.PAUSED_ALL)
    engine.add(make_request("control-2", extra={"retriage_job_id": "nobody", "urgency": 0}))
    engine.run()
    assert set(engine.ends) == {"control", "control-2"}


def test_while_new_ones_are_held_back_nobody_loses_a_slot(engine):
    from vllm.v1.core.sched.interface import PauseState

    start_calm(engine, 4)
    engine.scheduler.set_pause_state(PauseState.PAUSED_NEW)
    engine.add(make_request("urgent", urgency=0))
    engine.run()  # drains who runs
    assert set(engine.ends) == {f"calm-{number}" for number in range(4)}
    assert engine.scheduler.stats.slot_preemptions_total == 0
    engine.scheduler.set_pause_state(PauseState.UNPAUSED)
    engine.run()
    assert engine.texts["urgent"] == engine.expected("urgent", 20)


def test_a_full_pause_keeps_everybody(engine):
    from vllm.v1.core.sched.interface import PauseState

    start_calm(engine, 8)
    engine.scheduler.set_pause_state(PauseState.PAUSED_ALL)
    for _ in range(5):
        engine.step()
    engine.scheduler.reset_prefix_cache(reset_running_requests=True)
    check(engine.scheduler)
    engine.scheduler.set_pause_state(PauseState.UNPAUSED)
    engine.run()
    for number in range(8):
        assert engine.texts[f"calm-{number}"] == engine.expected(f"calm-{number}", 60)


def test_who_waits_for_a_grammar_takes_nobodys_slot_and_hides_nobody(engine):
    from types import SimpleNamespace

    from vllm.v1.request import RequestStatus

    start_calm(engine, 4, tokens=30)
    blocked = make_request("blocked", urgency=0, tokens=10)
    blocked.structured_output_request = SimpleNamespace(grammar=None)
    blocked.status = RequestStatus.WAITING_FOR_STRUCTURED_OUTPUT_GRAMMAR
    engine.add(blocked)
    engine.add(make_request("behind", urgency=1, tokens=10))
    for _ in range(3):
        engine.step()
    scheduler = engine.scheduler
    assert "behind" in {request.request_id for request in scheduler.running}
    assert scheduler.stats.slot_preemptions_total == 1
    assert len(scheduler.waiting) == 2
    blocked.structured_output_request.grammar = object()
    engine.step()
    assert "blocked" in {request.request_id for request in scheduler.running}
    engine.run()
    assert engine.texts["blocked"] == engine.expected("blocked", 10)


def test_one_whom_vllm_refuses_costs_others_one_slot_not_one_a_step(engine, monkeypatch):
    """An adapter that does not fit beside those loaded, a connector that is not ready, …"""
    scheduler = engine.scheduler
    allocate = scheduler.kv_cache_manager.allocate_slots
    monkeypatch.setattr(
        scheduler.kv_cache_manager,
        "allocate_slots",
        lambda request, *args, **kwargs: (
            None if request.request_id == "refused" else allocate(request, *args, **kwargs)
        ),
    )
    start_calm(engine, 4)
    engine.add(make_request("refused", urgency=0))
    for _ in range(10):
        engine.step()
    assert scheduler.stats.slot_preemptions_total == 1
    assert scheduler.stats.refusals_total == 1
    monkeypatch.undo()
    engine.run()
    assert engine.texts["refused"] == engine.expected("refused", 20)


def test_one_who_was_refused_does_not_come_before_those_others_yielded_to(engine):
    scheduler = engine.scheduler
    start_calm(engine, 4, tokens=200)
    engine.add(make_request("refused", urgency=0, prompt=100))
    scheduler.jobs["refused"].no_room_before_step = 10**6
    engine.add(make_request("urgent", urgency=1))
    engine.step()
    names = {request.request_id for request in scheduler.running}
    assert scheduler.stats.slot_preemptions_total == 1
    assert "urgent" in names, "it has the slot that was freed for it"
    assert "refused" not in names
    check(scheduler)
    assert len(scheduler.waiting) == 2


def test_one_who_was_refused_is_asked_when_there_is_room_after_all(engine):
    scheduler = engine.scheduler
    start_calm(engine, 4, tokens=200)
    engine.add(make_request("refused", urgency=0))
    scheduler.jobs["refused"].no_room_before_step = 10**6
    engine.step()
    assert scheduler.stats.slot_preemptions_total == 0
    engine.abort("calm-0")
    engine.step()
    assert "refused" in {request.request_id for request in scheduler.running}


def test_overdue_requests_get_their_share_under_a_flood(engine, monkeypatch):
    policy = engine.scheduler.slot_policy.policy
    monkeypatch.setattr(policy, "targets_s", (2.0, 2.0, 2.0, 2.0, 1e-4))
    start_calm(engine, 3, steps=0, tokens=10)
    flood = 0
    for _ in range(300):
        while len(engine.scheduler.waiting) < 8:
            engine.add(make_request(f"flood-{flood}", urgency=1, tokens=10))
            flood += 1
        engine.step()
        check(engine.scheduler)
    assert {"calm-0", "calm-1", "calm-2"} <= set(engine.ends)


def test_an_overdue_request_gets_its_slot_from_overdue_urgent_ones(engine, monkeypatch):
    """Who runs is overdue too, but never claimed a slot: the reserved one is free."""
    scheduler = engine.scheduler
    monkeypatch.setattr(scheduler.slot_policy.policy, "targets_s", (2.0, 1e-4, 2.0, 2.0, 1e-4))
    flood = 0
    for step in range(150):
        while len(scheduler.waiting) < 8:
            engine.add(make_request(f"flood-{flood}", urgency=1, tokens=10))
            flood += 1
        if step == 20:
            engine.add(make_request("calm", urgency=4, tokens=10))
        engine.step()
        check(scheduler)
        holders = [scheduler.jobs[request.request_id] for request in scheduler.running]
        assert sum(job.claims_slot for job in holders) <= 1
    assert "calm" in engine.ends


def test_a_claim_ends_with_the_slot_and_yields_to_level_0_alone(engine, monkeypatch):
    scheduler = engine.scheduler
    monkeypatch.setattr(scheduler.slot_policy.policy, "targets_s", (2.0, 60.0, 2.0, 2.0, 1e-4))
    engine.add(make_request("calm", urgency=4, tokens=100))
    for number in range(8):
        engine.add(make_request(f"flood-{number}", urgency=1, tokens=30))
    for _ in range(4):
        engine.step()
    calm = scheduler.jobs["calm"]
    assert calm.claims_slot
    assert calm.request in scheduler.running, "nobody of level 1 takes its slot"
    for number in range(4):
        engine.add(make_request(f"urgent-{number}", urgency=0, tokens=30))
    engine.step()
    assert calm.request not in scheduler.running
    assert not calm.claims_slot
    engine.run()
    assert engine.texts["calm"] == engine.expected("calm", 100)
