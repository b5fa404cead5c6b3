"""Our scheduler under vLLM's own queues and KV blocks, without a model: every decision, fast."""

import math
import random
import time

import pytest

from scheduler import Policy
from scheduler.engine.options import EngineOptions
from tests.scheduler.vllm_bare import (
    BareEngine,
    check,
    make_config,
    make_request,
    make_scheduler,
)

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def config():
    return make_config(slots=4, step_tokens=256)


@pytest.fixture
def engine(config, monkeypatch):
    monkeypatch.delenv("SEMTRIAGE_STATS_FILE", raising=False)
    monkeypatch.setenv("SEMTRIAGE_POLICY", "semantic-plus")
    return BareEngine(make_scheduler(config, blocks=400))


def _start(engine, count, steps=6, **options):
    for number in range(count):
        engine.add(make_request(f"calm-{number}", **{"urgency": 4, "tokens": 60} | options))
    for _ in range(steps):
        engine.step()


def test_an_urgent_request_takes_a_slot_in_the_very_next_step(engine):
    _start(engine, 8)
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


def test_what_a_resumed_request_reads_again_is_counted(engine):
    engine.add(make_request("calm", urgency=4, prompt=100, tokens=60))
    for number in range(3):
        engine.add(make_request(f"mid-{number}", urgency=2, tokens=60))
    for _ in range(6):
        engine.step()
    engine.add(make_request("urgent", urgency=0))
    engine.run()
    assert engine.scheduler.stats.slot_preemptions_total == 1
    # All full blocks of 16 are found again in the cache; the rest of the last one is read.
    assert 1 <= engine.scheduler.stats.reread_tokens_total <= 16


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
    _start(engine, 4, tokens=300)
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


def test_options_come_from_the_environment():
    assert EngineOptions.read(8192, {}) == EngineOptions("semantic-plus", "", 1024)
    assert EngineOptions.read(512, {}).calm_tokens == 256
    told = {"SEMTRIAGE_POLICY": "sjf", "SEMTRIAGE_CALM_STEP_TOKENS": "0"}
    assert EngineOptions.read(512, told) == EngineOptions("sjf", "", 512)
    with pytest.raises(ValueError, match="SEMTRIAGE_CALM_STEP_TOKENS"):
        EngineOptions.read(512, {"SEMTRIAGE_CALM_STEP_TOKENS": "-5"})


def test_a_retriage_is_obeyed_at_once_wherever_the_job_is(engine):
    _start(engine, 8)
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

    _start(engine, 4)
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

    _start(engine, 8)
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

    _start(engine, 4, tokens=30)
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
    _start(engine, 4)
    engine.add(make_request("refused", urgency=0))
    for _ in range(10):
        engine.step()
    assert scheduler.stats.slot_preemptions_total == 1
    assert scheduler.stats.refusals_total == 1
    monkeypatch.undo()
    engine.run()
    assert engine.texts["refused"] == engine.expected("refused", 20)


def test_overdue_requests_get_their_share_under_a_flood(engine, monkeypatch):
    policy = engine.scheduler.slot_policy.policy
    monkeypatch.setattr(policy, "targets_s", (2.0, 2.0, 2.0, 2.0, 1e-4))
    _start(engine, 3, steps=0, tokens=10)
    flood = 0
    for _ in range(300):
        while len(engine.scheduler.waiting) < 8:
            engine.add(make_request(f"flood-{flood}", urgency=1, tokens=10))
            flood += 1
        engine.step()
        check(engine.scheduler)
    assert {"calm-0", "calm-1", "calm-2"} <= set(engine.ends)


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
    _start(engine, 8)
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
