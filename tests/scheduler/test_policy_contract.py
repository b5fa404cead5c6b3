"""One contract for every policy; a policy of your own is held to it by naming it here."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler import PlainJob, Policy, available, get_policy, register
from scheduler.policies.base import predicted_remaining
from scheduler.policies.semantic_plus import SemanticPlus
from scheduler.sim import SETTINGS, paper_workload, simulate

COST = SETTINGS["A100-4B"]


class LongestWaitFirst(Policy):
    """What a user's own policy looks like: a key, and nothing else."""

    name = "longest-prompt"

    def key(self, job):
        return (job.urgency, -job.prompt_tokens, job.arrival_s)


class EagerSrpt(Policy):
    """Keys that change, without a word on when: the loop must ask after every token."""

    name = "eager-srpt"
    keys_change_while_running = True

    def key(self, job):
        over = max(0.0, job.generated_tokens - job.predicted_output_tokens)
        return (predicted_remaining(job) + over, job.arrival_s)

    def preempts(self, waiting, running):
        return self.key(waiting) < self.key(running)


POLICIES = [*map(get_policy, available()), LongestWaitFirst(), EagerSrpt(),
            SemanticPlus(targets_s=(1, 1, 1, 1, 1), reserved_share=0.5)]  # fmt: skip
JOBS = st.builds(
    PlainJob,
    job_id=st.integers(0, 10**6),
    urgency=st.integers(0, 4),
    arrival_s=st.floats(0, 1e4),
    prompt_tokens=st.integers(1, 5000),
    predicted_output_tokens=st.floats(0, 3000),
    generated_tokens=st.integers(0, 4000),
    level_probabilities=st.none() | st.sampled_from([(0.3, 0.7, 0, 0, 0), (0, 0, 0, 0.5, 0.5)]),
)

every_policy = pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)


@every_policy
@settings(max_examples=200, deadline=None)
@given(one=JOBS, other=JOBS)
def test_whoever_preempts_ranks_first_so_never_both_ways(policy, one, other):
    if policy.preempts(one, other):
        assert policy.key(one) < policy.key(other)
        assert not policy.preempts(other, one)


@every_policy
@settings(max_examples=100, deadline=None)
@given(job=JOBS)
def test_keys_are_numbers_of_one_length(policy, job):
    key = policy.key(job)
    assert len(key) == len(policy.key(PlainJob("x", 0, 0.0, 1, 1.0)))
    assert all(math.isfinite(value) for value in key)
    assert not policy.preempts(job, job)


@every_policy
@settings(max_examples=100, deadline=None)
@given(job=JOBS, seconds=st.floats(0.001, 100))
def test_among_equals_the_first_to_come_is_first(policy, job, seconds):
    later = replace(job, job_id=-1, arrival_s=job.arrival_s + seconds)
    assert policy.key(job) < policy.key(later)


@every_policy
@settings(max_examples=200, deadline=None)
@given(running=JOBS, waiting=JOBS, data=st.data())
def test_nothing_rises_before_it_is_announced(policy, running, waiting, data):
    horizon = policy.tokens_until_rise(running)
    assert horizon >= 1
    key, may_take = policy.key(running), policy.preempts(waiting, running)
    tokens = data.draw(st.integers(0, int(min(horizon, 3000)) - 1))
    later = replace(running, generated_tokens=running.generated_tokens + tokens)
    assert policy.key(later) <= key
    if not may_take:
        assert not policy.preempts(waiting, later)


@every_policy
@settings(max_examples=100, deadline=None)
@given(job=JOBS, seconds=st.floats(0, 1e5), num_slots=st.integers(1, 1000))
def test_wait_targets_are_in_order_of_arrival_and_reserve_a_part(policy, job, seconds, num_slots):
    later = replace(job, arrival_s=job.arrival_s + seconds)
    assert policy.overdue_at_s(job) <= policy.overdue_at_s(later)
    assert policy.overdue_at_s(job) >= job.arrival_s
    assert not policy.is_overdue(job, job.arrival_s)
    assert 0 <= policy.reserved_slots(num_slots) <= num_slots / 2
    assert 0 <= policy.level(job) <= 4


@pytest.mark.parametrize("name", ["priority", "semantic", "semantic-plus"])
@settings(max_examples=200, deadline=None)
@given(waiting=JOBS, running=JOBS)
def test_a_calm_job_never_takes_an_urgent_ones_slot(name, waiting, running):
    policy = get_policy(name)
    if policy.level(waiting) > policy.level(running):
        assert not policy.preempts(waiting, running)


@every_policy
@pytest.mark.parametrize("num_engines", [1, 3])
def test_it_serves_everybody_to_the_last_token(policy, num_engines):
    workload = paper_workload(4, 6, gap_s=0.5, slots=4)
    result = simulate(workload, policy, COST, num_engines=num_engines)
    assert len(result.jobs) == len(workload.requests)
    for job in result.jobs:
        assert job.generated_tokens == job.request.output_tokens
        assert job.arrival_s < job.first_token_s <= job.end_s <= result.end_s
        assert 0 < job.slot_s <= job.end_s - job.arrival_s + 1e-9


def test_a_registered_policy_is_found_by_its_name(monkeypatch):
    from scheduler import policies

    monkeypatch.setattr(policies, "_REGISTRY", dict(policies._REGISTRY))
    register(LongestWaitFirst)
    assert isinstance(get_policy("longest-prompt"), LongestWaitFirst)
    assert "longest-prompt" in available()


def test_a_name_belongs_to_one_policy(monkeypatch):
    from scheduler import policies

    monkeypatch.setattr(policies, "_REGISTRY", dict(policies._REGISTRY))

    class Variant(SemanticPlus):
        pass

    with pytest.raises(ValueError, match=r"Variant.*'semantic-plus'"):
        register(Variant)
    assert type(get_policy("semantic-plus")) is SemanticPlus
    assert register(SemanticPlus) is SemanticPlus  # the same one again does no harm


def test_a_policy_without_a_name_is_refused():
    class Nameless(Policy):
        def key(self, job):
            return (job.arrival_s,)

    with pytest.raises(ValueError, match="Nameless"):
        register(Nameless)


@pytest.mark.parametrize(
    ("name", "message"),
    [("sjff", "no policy"), ("no_such_module:X", "cannot be imported"),
     ("json:NoSuch", "cannot be imported"), ("json:JSONDecoder", "not a subclass")],
)  # fmt: skip
def test_a_wrong_name_is_one_sentence(name, message):
    with pytest.raises(ValueError, match=message):
        get_policy(name)
