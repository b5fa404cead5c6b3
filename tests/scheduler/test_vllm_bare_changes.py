"""Without a model too: what changes meanwhile, what is refused, what is broken."""

import math
import random
import time

import pytest

from scheduler import Policy
from scheduler.engine.decision import Decision
from scheduler.engine.room import Room
from tests.scheduler.vllm_bare import (
    BareEngine,
    check,
    make_request,
    make_scheduler,
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


class Broken(Policy):
    """Raises, returns nonsense, and now and then the truth."""

    name = "broken"

    def key(self, job):
        return _broken(lambda: (job.urgency, job.arrival_s))

    def preempts(self, waiting, running):
        return _broken(lambda: waiting.urgency < running.urgency)

    def is_overdue(self, job, now_s):
        return _broken(lambda: False)

    def reserved_slots(self, num_slots):
        return _broken(lambda: 1)


def _broken(truth):
    kind = random.random()
    if kind < 0.3:
        raise RuntimeError("broken policy")
    return (math.nan,) if kind < 0.4 else None if kind < 0.5 else truth()


def test_a_broken_policy_loses_nobody(config, monkeypatch):
    monkeypatch.setattr("scheduler.vllm_plugin.get_policy", lambda name: Broken())
    random.seed(1)
    engine = BareEngine(make_scheduler(config, blocks=60))
    for number in range(40):
        engine.add(make_request(f"r{number}", urgency=number % 5, prompt=30 + number))
        engine.step()
        check(engine.scheduler)
    engine.run()
    check(engine.scheduler)
    assert engine.scheduler.stats.errors_total > 0
    for number in range(40):
        assert engine.texts[f"r{number}"] == engine.expected(f"r{number}", 20)


def test_a_failing_decision_still_serves_everybody(engine, monkeypatch):
    def fail(*args):
        raise RuntimeError("broken decision")

    monkeypatch.setattr("scheduler.engine.decision.Decision._make_room", fail)
    start_calm(engine, 8)
    engine.run()
    assert engine.scheduler.stats.errors_total > 0
    assert len(engine.ends) == 8


@pytest.mark.parametrize("policy", ["semantic", "semantic-plus", "priority", "sjf", "fcfs"])
@pytest.mark.parametrize("blocks", [400, 45])
def test_a_long_random_run_loses_doubles_and_garbles_nothing(config, monkeypatch, policy, blocks):
    monkeypatch.setenv("SEMTRIAGE_POLICY", policy)
    rng = random.Random(f"{policy}/{blocks}")
    scheduler = make_scheduler(config, blocks=blocks)
    engine = BareEngine(scheduler, depth=rng.choice((1, 2)))
    tokens, aborted, number = {}, set(), 0
    while number < 250:
        if rng.random() < 0.45:
            name = f"r{number}"
            tokens[name] = rng.randint(1, 50)
            engine.add(make_request(name, urgency=rng.randint(0, 4), prompt=rng.randint(17, 300),
                                    tokens=tokens[name], shared=16))  # fmt: skip
            number += 1
        alive = list(scheduler.requests)
        if alive and rng.random() < 0.08:
            aborted.add(gone := rng.choice(alive))
            engine.abort(gone, "never-heard-of")
        if alive and rng.random() < 0.15:
            extra = {"retriage_job_id": rng.choice(alive), "urgency": rng.randint(0, 4)}
            if rng.random() < 0.5:
                extra["predicted_remaining_tokens"] = rng.randint(1, 99)
            engine.add(make_request(f"control-{rng.random()}", extra=extra))
        if rng.random() < 0.01:
            scheduler.reset_prefix_cache(reset_running_requests=True)
        engine.step()
        check(scheduler)
    engine.run()
    check(scheduler)
    assert not scheduler.requests
    assert not scheduler.jobs
    assert not scheduler._by_tag
    assert scheduler.stats.errors_total == 0
    assert scheduler.stats.refusals_total == 0
    free = scheduler.kv_cache_manager.block_pool.get_num_free_blocks()
    assert free == blocks - 1, "a KV block was lost (one is vLLM's own)"
    for name, count in tokens.items():
        got = engine.texts.get(name, [])
        wanted = engine.expected(name, count)
        assert got == (wanted[: len(got)] if name in aborted else wanted)
    controls = {name for name in engine.ends if name.startswith("control")}
    assert set(engine.ends) == (set(tokens) - aborted) | controls | (set(engine.ends) & aborted)


def test_the_room_is_reckoned_up_once_a_step_however_many_yield(engine, monkeypatch):
    reckoned = []
    of = Room.of
    monkeypatch.setattr(Room, "of", lambda *args: reckoned.append(args) or of(*args))
    start_calm(engine, 4, tokens=200)
    for number in range(4):
        engine.add(make_request(f"urgent-{number}", urgency=0))
    reckoned.clear()
    engine.step()
    assert engine.scheduler.stats.slot_preemptions_total == 4
    assert len(reckoned) == 1


def test_the_room_kept_up_to_date_is_the_one_reckoned_anew(config, monkeypatch):
    """Also where victims share blocks: together they free more than each alone would."""
    find, compared = Decision._victims, []

    def check_room(self, candidate, claims, running, lack):
        kept = self._room
        if kept is not None:
            fresh = Room.of(self.engine, (job.request for job in running), self._calm_tokens())
            for job in self._promised:
                fresh.seat(job.request)
            for name in ("slots", "blocks", "tokens", "prompt_tokens"):
                compared.append((name, getattr(kept, name), getattr(fresh, name)))
        return find(self, candidate, claims, running, lack)

    monkeypatch.setattr(Decision, "_victims", check_room)
    scheduler = make_scheduler(config, blocks=45)
    engine = BareEngine(scheduler)
    rng = random.Random(5)
    for burst in range(30):
        level = 4 - burst % 5
        for number in range(4):
            engine.add(make_request(f"r{burst}-{number}", urgency=level, shared=96,
                                    prompt=rng.randint(100, 200), tokens=20))  # fmt: skip
        for _ in range(4):
            engine.step()
    engine.run()
    check(scheduler)
    assert scheduler.stats.errors_total == 0
    assert len(compared) > 100
    assert [each for each in compared if each[1] != each[2]] == []


def test_the_cost_of_a_step_does_not_grow_with_the_line(config):
    def median_s(waiting):
        engine = BareEngine(make_scheduler(config, blocks=400))
        rng = random.Random(0)
        for number in range(waiting):
            engine.add(make_request(f"r{number}", urgency=rng.randint(1, 4), tokens=200))
        for _ in range(10):
            engine.step()
        times = []
        for _ in range(60):
            started = time.perf_counter()
            engine.step()
            times.append(time.perf_counter() - started)
        return sorted(times)[30]

    assert median_s(10_000) < 3 * median_s(100) + 5e-4
