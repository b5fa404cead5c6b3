"""Our scheduler under vLLM's own queues and KV blocks, without a model: slots, memory, tokens."""

import pytest

from scheduler.engine.decision import Decision
from scheduler.engine.options import EngineOptions
from tests.scheduler.vllm_bare import (
    BareEngine,
    check,
    make_config,
    make_request,
    make_scheduler,
    start_calm,
)

pytestmark = pytest.mark.engine


def test_an_urgent_request_takes_a_slot_in_the_very_next_step(engine):
    start_calm(engine, 8)
    engine.add(make_request("urgent", urgency=0))
    engine.step()
    scheduler = engine.scheduler
    assert "urgent" in {request.request_id for request in scheduler.running}
    assert scheduler.stats.slot_preemptions_total == 1
    check(scheduler)
    engine.run()
    check(scheduler)
    for number in range(8):
        assert engine.texts[f"calm-{number}"] == engine.expected(f"calm-{number}", 60)


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


def test_the_victim_is_the_least_deserving(engine):
    engine.add(make_request("short", urgency=4, tokens=30))
    engine.add(make_request("long", urgency=4, tokens=200))
    engine.add(make_request("mid", urgency=3, tokens=200))
    engine.add(make_request("other", urgency=2, tokens=200))
    for _ in range(4):
        engine.step()
    engine.add(make_request("urgent", urgency=0))
    engine.step()
    assert [job.tag for job in engine.scheduler.waiting.places] == ["long"]


def test_little_kv_memory_goes_to_the_urgent_and_nobody_yields_in_vain(config):
    scheduler = make_scheduler(config, blocks=25)  # 24 of 16 tokens to give
    engine = BareEngine(scheduler)
    engine.add(make_request("level-0", urgency=0, prompt=250, tokens=30))  # 16 blocks and more
    engine.add(make_request("calm", urgency=4, prompt=80, tokens=30))  # 6 blocks
    for _ in range(4):
        engine.step()
    assert len(scheduler.running) == 2
    engine.add(make_request("large", urgency=1, prompt=240, tokens=10))  # more than calm can give
    for _ in range(3):
        engine.step()
    assert scheduler.stats.slot_preemptions_total == 0
    engine.add(make_request("small", urgency=0, prompt=90, tokens=10))
    for _ in range(2):
        engine.step()
    assert {"small", "level-0"} == {request.request_id for request in scheduler.running}
    engine.run()
    check(scheduler)
    for name, tokens in (("level-0", 30), ("calm", 30), ("large", 10), ("small", 10)):
        assert engine.texts[name] == engine.expected(name, tokens)


def test_a_shared_prompt_in_use_needs_no_memory_twice(config):
    scheduler = make_scheduler(config, blocks=25)
    engine = BareEngine(scheduler)
    engine.add(make_request("one", urgency=4, prompt=250, tokens=10, shared=240))
    for _ in range(3):
        engine.step()
    engine.add(make_request("two", urgency=0, prompt=250, tokens=10, shared=240))
    engine.step()
    assert len(scheduler.running) == 2
    assert scheduler.stats.slot_preemptions_total == 0
    engine.run()


def test_a_calm_prompt_gives_way_to_an_urgent_one(config):
    scheduler = make_scheduler(config, blocks=400)
    engine = BareEngine(scheduler)
    engine.add(make_request("calm", urgency=4, prompt=480, tokens=10))
    engine.add(make_request("calm-2", urgency=4, prompt=480, tokens=10))
    engine.step()
    engine.add(make_request("urgent", urgency=0, prompt=200, tokens=10))
    output = scheduler.schedule()
    assert output.num_scheduled_tokens["urgent"] == 200


def _tokens_of_steps(engine, steps):
    found = []
    for _ in range(steps):
        output = engine.scheduler.schedule()
        engine._take(output, engine._run(output))
        found.append(output.num_scheduled_tokens)
    return found


def test_while_urgent_requests_are_likely_calm_prompts_keep_steps_short(monkeypatch):
    monkeypatch.setenv("SEMTRIAGE_CALM_STEP_TOKENS", "64")
    engine = BareEngine(make_scheduler(make_config(slots=4, step_tokens=1024), blocks=400))
    engine.add(make_request("calm", urgency=4, prompt=300, tokens=30))
    assert _tokens_of_steps(engine, 1) == [{"calm": 300}], "nobody urgent was ever seen"
    engine.add(make_request("urgent", urgency=0, prompt=400, tokens=30))
    assert _tokens_of_steps(engine, 1)[0]["urgent"] == 400, "an urgent prompt is read in one go"
    engine.add(make_request("calm-2", urgency=3, prompt=150, tokens=30))
    engine.add(make_request("calm-3", urgency=3, prompt=150, tokens=30))
    steps = _tokens_of_steps(engine, 6)
    assert all(sum(step.values()) <= 64 + len(engine.scheduler.running) for step in steps)
    engine.run()
    for name in ("calm", "urgent", "calm-2", "calm-3"):
        assert engine.texts[name] == engine.expected(name, 30)
    assert engine.scheduler.stats.refusals_total == 0


def test_nobody_yields_to_a_calm_prompt_that_the_step_has_no_tokens_for(monkeypatch):
    monkeypatch.setenv("SEMTRIAGE_CALM_STEP_TOKENS", "64")
    engine = BareEngine(make_scheduler(make_config(slots=4, step_tokens=1024), blocks=400))
    start_calm(engine, 4, tokens=300)
    engine.add(make_request("urgent", urgency=0, prompt=200, tokens=5))
    for number in range(3):
        engine.add(make_request(f"mid-{number}", urgency=2, prompt=150, tokens=5))
    engine.step()
    scheduler = engine.scheduler
    assert scheduler.stats.slot_preemptions_total == 1, "the urgent prompt fills this step"
    assert len(scheduler.running) == 4
    engine.run()
    check(scheduler)
    assert scheduler.stats.refusals_total == 0


def test_calm_prompts_are_read_whole_where_vllm_may_not_split_them(monkeypatch):
    monkeypatch.setenv("SEMTRIAGE_CALM_STEP_TOKENS", "64")
    config = make_config(slots=4, step_tokens=1024, chunked=False)
    engine = BareEngine(make_scheduler(config, blocks=400))
    engine.add(make_request("urgent", urgency=0, prompt=100, tokens=30))
    engine.step()
    engine.add(make_request("calm", urgency=4, prompt=300, tokens=30))
    assert _tokens_of_steps(engine, 1)[0]["calm"] == 300
    engine.run()
    assert engine.scheduler.stats.refusals_total == 0


def test_options_come_from_the_environment():
    assert EngineOptions.read(8192, {}) == EngineOptions("semantic-plus", "", 1024)
    assert EngineOptions.read(512, {}).calm_tokens == 256
    told = {"SEMTRIAGE_POLICY": "sjf", "SEMTRIAGE_CALM_STEP_TOKENS": "0"}
    assert EngineOptions.read(512, told) == EngineOptions("sjf", "", 512)
    with pytest.raises(ValueError, match="SEMTRIAGE_CALM_STEP_TOKENS"):
        EngineOptions.read(512, {"SEMTRIAGE_CALM_STEP_TOKENS": "-5"})
