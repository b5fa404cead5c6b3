"""Who loses a slot keeps its KV blocks while nobody needs them; without a model."""

import pytest

from scheduler.engine.decision import Decision
from tests.scheduler.vllm_bare import (
    BareEngine,
    check,
    make_request,
    make_scheduler,
    start_calm,
)

pytestmark = pytest.mark.engine


def _one_loses_its_slot(engine, *, urgent_prompt=40, mid_tokens=60):
    engine.add(make_request("calm", urgency=4, prompt=100, tokens=60))
    for number in range(3):
        engine.add(make_request(f"mid-{number}", urgency=2, tokens=mid_tokens))
    for _ in range(6):
        engine.step()
    engine.add(make_request("urgent", urgency=0, prompt=urgent_prompt))
    engine.step()
    assert engine.scheduler.stats.slot_preemptions_total == 1


def test_who_loses_a_slot_keeps_its_blocks_and_reads_nothing_again(engine):
    _one_loses_its_slot(engine)
    (calm,) = engine.scheduler.waiting.places
    assert calm.tag == "calm"
    assert calm.is_paused
    assert calm.request.num_computed_tokens > 100
    engine.run()
    stats = engine.scheduler.stats
    assert (stats.reread_tokens_total, stats.releases_total) == (0, 0)
    assert engine.texts["calm"] == engine.expected("calm", 60)
    assert calm.request.num_preemptions == 1


def test_blocks_of_the_paused_go_to_those_who_need_them(config):
    # 39 blocks of 16 tokens: calm has 7, the others 3 each; the urgent one needs 25.
    engine = BareEngine(make_scheduler(config, blocks=40))
    _one_loses_its_slot(engine, urgent_prompt=390, mid_tokens=20)
    (calm,) = engine.scheduler.waiting.places
    assert not calm.is_paused
    assert calm.request.num_computed_tokens == 0
    engine.run()
    check(engine.scheduler)
    stats = engine.scheduler.stats
    assert stats.slot_preemptions_total == 1
    assert stats.kv_preemptions_total == 0
    # All full blocks that nobody took since are found again in the cache.
    assert 1 <= stats.reread_tokens_total <= 108
    assert engine.texts["calm"] == engine.expected("calm", 60)


def test_a_paused_request_is_released_when_those_running_grow(config):
    # 23 blocks: everybody fits at first.
    engine = BareEngine(make_scheduler(config, blocks=24))
    _one_loses_its_slot(engine)
    (calm,) = engine.scheduler.waiting.places
    assert calm.is_paused
    stats = engine.scheduler.stats
    while not stats.releases_total:
        engine.step()
    assert not calm.is_paused
    assert stats.kv_preemptions_total == 0, "nobody who runs lost memory beside a paused one"
    engine.run()
    assert engine.texts["calm"] == engine.expected("calm", 60)


def test_a_paused_request_may_be_aborted(engine):
    _one_loses_its_slot(engine)
    engine.abort("calm")
    assert not list(engine.scheduler.waiting.places)
    assert "calm" not in engine.scheduler.jobs
    engine.run()
    check(engine.scheduler)
    assert engine.scheduler.kv_cache_manager.block_pool.get_num_free_blocks() == 399


def test_a_paused_request_that_vllm_refused_lately_is_released_before_vllm_takes_it(
    engine, monkeypatch
):
    _one_loses_its_slot(engine)
    (calm,) = engine.scheduler.waiting.places
    calm.no_room_before_step = 10**9
    monkeypatch.setattr(Decision, "_lack", lambda decision, candidate, room: "memory")
    engine.abort("mid-0")
    engine.run()
    check(engine.scheduler)
    stats = engine.scheduler.stats
    assert (stats.errors_total, stats.releases_total) == (0, 1)
    assert engine.texts["calm"] == engine.expected("calm", 60)


def test_a_paused_request_may_end_with_the_token_that_was_on_its_way(engine, monkeypatch):
    monkeypatch.setattr("scheduler.policies.semantic_plus.GRACE_TOKENS", 0)
    for number in range(4):
        engine.add(make_request(f"calm-{number}", urgency=4, tokens=6))
    while engine.scheduler.jobs["calm-0"].request.num_output_placeholders == 0 or (
        engine.scheduler.jobs["calm-0"].refresh().generated_tokens < 6
    ):
        engine.step()
    engine.add(make_request("urgent", urgency=0))
    engine.run()
    check(engine.scheduler)
    for number in range(4):
        assert engine.texts[f"calm-{number}"] == engine.expected(f"calm-{number}", 6)


def test_the_prefix_cache_can_be_reset_beside_a_paused_request(engine):
    _one_loses_its_slot(engine)
    assert engine.scheduler.reset_prefix_cache(reset_running_requests=True)
    engine.run()
    for number in range(3):
        assert len(engine.texts[f"mid-{number}"]) == 60
    assert len(engine.texts["calm"]) == 60


def test_a_paused_request_that_claims_a_reserved_slot_keeps_it(engine, monkeypatch):
    scheduler = engine.scheduler
    start_calm(engine, 4, tokens=100)
    monkeypatch.setattr(scheduler.slot_policy.policy, "targets_s", (2.0, 60.0, 2.0, 2.0, 1e-4))
    for number in range(8):
        engine.add(make_request(f"flood-{number}", urgency=1, tokens=30))
    for _ in range(6):
        engine.step()
    (claimant,) = [job for job in map(scheduler.job_of, scheduler.running) if job.claims_slot]
    assert claimant.urgency == 4
    before = scheduler.stats.slot_preemptions_total
    for _ in range(10):
        engine.step()
        assert claimant.request in scheduler.running
    assert scheduler.stats.slot_preemptions_total == before
    engine.run()
    check(scheduler)
    for number in range(4):
        assert engine.texts[f"calm-{number}"] == engine.expected(f"calm-{number}", 100)


def test_an_overdue_request_gets_the_blocks_of_a_paused_one_that_outranks_it(config, monkeypatch):
    monkeypatch.setenv("SEMTRIAGE_POLICY", "semantic-plus")
    scheduler = make_scheduler(config, blocks=30)
    monkeypatch.setattr(scheduler.slot_policy.policy, "targets_s", (2.0, 60.0, 1e-4, 2.0, 2.0))
    engine = BareEngine(scheduler)
    engine.add(make_request("paused", urgency=1, prompt=200, tokens=60))  # 13 blocks
    for _ in range(4):
        engine.step()
    for number in range(4):
        engine.add(make_request(f"urgent-{number}", urgency=0, prompt=17, tokens=10))
    engine.step()
    assert scheduler.jobs["paused"].is_paused
    engine.add(make_request("overdue", urgency=2, prompt=270, tokens=20))  # 17 blocks
    engine.run(500)
    check(scheduler)
    assert engine.order.index("overdue") < engine.order.index("paused")
    assert engine.texts["paused"] == engine.expected("paused", 60)


def test_blocks_that_others_share_are_not_asked_of_the_paused(config, monkeypatch):
    monkeypatch.setenv("SEMTRIAGE_POLICY", "semantic-plus")
    engine = BareEngine(make_scheduler(config, blocks=19))
    alike = {"prompt": 112, "shared": 96, "tokens": 14}  # 6 blocks for all, 2 for each
    engine.add(make_request("calm", urgency=4, **alike))
    for _ in range(3):
        engine.step()
    for number in range(3):
        engine.add(make_request(f"mid-{number}", urgency=2, **alike))
    for _ in range(2):
        engine.step()
    engine.add(make_request("urgent", urgency=0, **alike))
    for _ in range(4):
        engine.step()
    stats = engine.scheduler.stats
    assert engine.scheduler.jobs["calm"].is_paused
    assert (stats.slot_preemptions_total, stats.releases_total) == (1, 0)
    engine.run()
    check(engine.scheduler)
    assert engine.texts["calm"] == engine.expected("calm", 14)


def test_while_draining_the_paused_hold_no_blocks(engine):
    from vllm.v1.core.sched.interface import PauseState

    _one_loses_its_slot(engine)
    (calm,) = engine.scheduler.waiting.places
    assert calm.is_paused
    engine.scheduler.set_pause_state(PauseState.PAUSED_NEW)
    engine.step()
    assert not calm.is_paused
    engine.scheduler.set_pause_state(PauseState.UNPAUSED)
    engine.run()
    check(engine.scheduler)
    assert engine.texts["calm"] == engine.expected("calm", 60)
