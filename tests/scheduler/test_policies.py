"""What each policy is for. What all have in common: test_policy_contract.py."""

import random

import pytest

from scheduler import PlainJob, WaitingLine, find_victim, get_policy
from scheduler.policies.semantic_plus import SemanticPlus, remaining, rounded_up


def job(name, urgency=2, arrival_s=0.0, predicted=100.0, generated=0, prompt=50):
    return PlainJob(name, urgency, arrival_s, prompt, predicted, generated)


def test_the_papers_order_is_urgency_then_remaining():
    policy = get_policy("semantic")
    jobs = [job("a", 1, predicted=300), job("b", 0, predicted=900), job("c", 1, predicted=50)]
    assert [item.job_id for item in sorted(jobs, key=policy.key)] == ["b", "c", "a"]


def test_an_outlived_prediction_sinks_instead_of_sticking():
    nearly, outlived = job("a", predicted=100, generated=99), job("b", predicted=100, generated=400)
    assert remaining(outlived) > remaining(nearly)
    estimates = [remaining(job("x", predicted=100, generated=g)) for g in (100, 150, 300)]
    assert estimates == sorted(estimates)
    assert estimates[0] > 0


def test_inside_a_level_a_preemption_must_gain_more_than_it_costs():
    policy = SemanticPlus()
    running = job("r", predicted=100, generated=50, prompt=400)
    assert not policy.preempts(job("w", predicted=40), running)
    assert policy.preempts(job("w", predicted=5), running)


def test_who_is_at_the_finish_line_may_finish():
    policy = SemanticPlus()
    assert not policy.preempts(job("w", 0), job("r", 4, predicted=100, generated=97))
    assert policy.preempts(job("w", 0), job("r", 4, predicted=100, generated=150))


def test_overdue_jobs_get_their_reserved_slot_but_not_before_level_0():
    policy = SemanticPlus(targets_s=(2, 5, 30, 60, 100))
    line = WaitingLine(policy)
    line.add(job("calm", 4, arrival_s=0))
    line.add(job("urgent", 1, arrival_s=199))
    assert line.next(200, overdue_running=0, num_slots=8).job_id == "calm"
    assert line.next(200, overdue_running=1, num_slots=8).job_id == "urgent"
    line.add(job("now", 0, arrival_s=200))
    assert line.next(200, overdue_running=0, num_slots=8).job_id == "now"


def test_protected_jobs_yield_to_level_0_alone():
    policy = SemanticPlus(targets_s=(2, 5, 30, 60, 100))
    running = [job("old", 4, arrival_s=0, generated=10), job("mid", 2, arrival_s=195, generated=10)]
    protected = frozenset({"old"})
    victim = find_victim(policy, job("w", 1, arrival_s=199), running, protected=protected)
    assert victim.job_id == "mid"
    victim = find_victim(policy, job("w", 0, arrival_s=199), running, protected=protected)
    assert victim.job_id == "mid"  # somebody else can yield
    victim = find_victim(policy, job("w", 0, arrival_s=199), running[:1], protected=protected)
    assert victim.job_id == "old"


def test_the_line_forgets_who_left_and_finds_who_changed():
    line = WaitingLine(get_policy("semantic-plus"))
    jobs = [job(number, number % 5, arrival_s=number) for number in range(100)]
    for item in jobs:
        line.add(item)
    jobs[99].urgency = 0
    jobs[99].predicted_output_tokens = 1
    line.rekey(jobs[99])
    assert line.next(0).job_id == 99
    for number in range(100):
        line.discard(number)
    assert len(line) == 0
    assert line.num_by_urgency == [0] * 5
    assert line.next(1e9, num_slots=8) is None


def test_uncertain_urgency_is_rounded_up():
    assert rounded_up((0.0, 0.4, 0.6, 0.0, 0.0)) == 1
    assert rounded_up((0.1, 0.0, 0.0, 0.0, 0.9)) == 4  # too unlikely to act on
    unsure = job("a", urgency=2)
    unsure.level_probabilities = (0.3, 0.1, 0.6, 0.0, 0.0)
    policy = SemanticPlus()
    assert policy.key(unsure) < policy.key(job("b", urgency=1))
    assert policy.preempts(unsure, job("b", urgency=1, generated=10))


@pytest.mark.parametrize("ratio", [1.0, 3.0, 9.0])
def test_rounding_up_has_the_least_expected_harm(ratio):
    """The newsvendor's answer against trying every level."""
    rng = random.Random(5)
    for _ in range(200):
        weights = [rng.random() for _ in range(5)]
        chances = [weight / sum(weights) for weight in weights]
        harms = [
            sum(
                chance * (ratio * (level - true) if level > true else true - level)
                for true, chance in enumerate(chances)
            )
            for level in range(5)
        ]
        assert harms[rounded_up(chances, 1 / (1 + ratio))] == pytest.approx(min(harms))


def test_levels_take_turns_at_the_reserved_slots():
    policy = SemanticPlus(targets_s=(1, 1, 1, 1, 1))
    line = WaitingLine(policy)
    for number in range(6):
        line.add(job(f"1-{number}", 1, arrival_s=0.01 * number))
        line.add(job(f"4-{number}", 4, arrival_s=5 + 0.01 * number))
    turns = []
    for _ in range(4):
        found = line.next(100, num_slots=8)
        assert line.offers_reserved
        line.discard(found.job_id)
        turns.append(found.job_id)
    assert turns == ["4-0", "1-0", "4-1", "1-1"]


def test_wrong_options_are_named():
    with pytest.raises(ValueError, match="targets_s"):
        get_policy("semantic-plus", targets_s=(1, 2))
    with pytest.raises(ValueError, match="no policy"):
        get_policy("sjff")
