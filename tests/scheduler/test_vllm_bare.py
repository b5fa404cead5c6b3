"""Our scheduler under vLLM's own queues and KV blocks, without a model: slots, memory, tokens."""

import pytest

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
