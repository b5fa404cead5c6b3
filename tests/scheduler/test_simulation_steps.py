"""Long random runs, looked into at every step: nothing is lost, nothing is held twice."""

import random

import pytest

from scheduler.policies import available, get_policy
from scheduler.policies.semantic_plus import SemanticPlus
from scheduler.sim import SETTINGS, CostModel, Predictor, Request, Workload
from scheduler.sim.batching import Chunked, Continuous
from scheduler.sim.phases import PhasedSimulation
from scheduler.sim.simulation import Simulation

A100 = SETTINGS["A100-7B"]
# 40 blocks for 6 slots of up to 8 blocks each: memory runs out all the time.
TIGHT = CostModel("tight", A100.c1, A100.c2, A100.d1, A100.d2, kv_tokens=40 * 8, block_tokens=8)


def draw(seed, num_requests=150, slots=6):
    rng = random.Random(seed)
    now, requests = 0.0, []
    for number in range(num_requests):
        now += rng.expovariate(8.0) if rng.random() < 0.7 else 0.0
        output = rng.randint(1, 60)
        requests.append(
            Request(number, now, rng.randint(0, 4), rng.randint(1, 60), output,
                    float(max(1, output + rng.randint(-30, 30))))
        )  # fmt: skip
    return Workload("random", requests, slots)


def policies():
    made = [get_policy(name) for name in available()]
    return [*made, SemanticPlus(targets_s=(0.1, 0.2, 0.4, 0.8, 1.6), reserved_share=0.5)]


def check(simulation):
    """The invariants of a simulation between two events."""
    seated = {job.job_id for job in simulation.seats}
    waiting = {job.job_id for job in simulation.line}
    leaving = {job.job_id for engine in simulation.engines for job in engine.leaving}
    ended = {job.job_id for job in simulation.result.jobs if job.end_s is not None}
    everybody = {job.job_id for job in simulation.result.jobs}
    # Each job is in one place, and none is nowhere.
    assert seated | waiting | leaving - ended | ended == everybody
    assert len(seated) + len(waiting) + len(leaving) + len(ended) == len(everybody)
    assert sum(simulation.line.num_by_urgency) == len(waiting)
    running = set()
    for engine in simulation.engines:
        assert not running & set(engine.running)
        running |= set(engine.running)
        assert len(engine.running) <= engine.num_slots
        assert engine.num_free >= 0
        check_memory(engine.memory)
        assert set(engine.memory.held) == set(engine.running)
        # Inside a jump the books lag behind; what is used then must fit all the same.
        memory = engine.memory
        used = sum(memory.blocks(job.context_tokens - 1) for job in engine.running.values())
        assert used + sum(kept.num_blocks for kept in memory.kept.values()) <= memory.capacity
        for job in engine.running.values():
            assert 0 <= job.unread_tokens <= job.context_tokens
            assert 0 <= job.generated_tokens < job.request.output_tokens
    incoming = {job.job_id for engine in simulation.engines for job in engine.incoming}
    assert seated == (running - leaving) | incoming
    assert simulation.seats.num_claims <= simulation.policy.reserved_slots(simulation.num_slots)


def check_memory(memory):
    kept = sum(record.num_blocks for record in memory.kept.values())
    assert memory.used == sum(memory.held.values()) + kept
    assert memory.used <= memory.peak <= memory.capacity
    assert not set(memory.held) & set(memory.kept)


def check_end(result, workload):
    assert [job.request for job in result.jobs] == workload.requests
    for job in result.jobs:
        assert job.generated_tokens == job.request.output_tokens
        assert job.arrival_s < job.first_token_s <= job.end_s <= result.end_s
        assert 0 < job.slot_s <= job.end_s - job.arrival_s + 1e-9


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("num_engines", [1, 3])
@pytest.mark.parametrize("batching", [Continuous(), Chunked(64)], ids=["continuous", "chunked"])
@pytest.mark.parametrize("policy", policies(), ids=lambda policy: policy.name)
def test_invariants_hold_at_every_step(policy, batching, num_engines, seed):
    workload = draw(seed)
    simulation = Simulation(
        workload, policy, TIGHT, num_engines=num_engines, batching=batching,
        predictor=Predictor(0.05, 4) if seed == 2 else None,
    )  # fmt: skip
    while simulation.step():
        check(simulation)
    check_end(simulation.result, workload)
    if num_engines == 1 and policy.name.startswith("semantic"):
        assert simulation.result.reread_tokens > 0  # memory was short, or this tests little
        assert simulation.result.swapped_tokens > 0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", available())
def test_invariants_hold_in_phases_too(name, seed):
    workload = draw(seed)
    simulation = PhasedSimulation(workload, get_policy(name), TIGHT)
    while simulation.step():
        check_memory(simulation.memory)
        assert not simulation.memory.held  # between batches everything is kept, or gone
        waiting = {job.job_id for job in (*simulation.unread, *simulation.read)}
        ended = {job.job_id for job in simulation.result.jobs if job.end_s is not None}
        assert waiting | ended == {job.job_id for job in simulation.result.jobs}
        assert not waiting & ended
    check_end(simulation.result, workload)
