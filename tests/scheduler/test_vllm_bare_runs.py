"""Without a model too: broken policies, long random runs, and what a step costs."""

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
