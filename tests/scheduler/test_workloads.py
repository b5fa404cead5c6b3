"""Drawn workloads: the distributions they promise, the same for a seed, errors as described."""

import math
import random
import statistics
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.sim.workload import KINDS, Errors, Recipe, paper_workload, uniform_confusion
from scheduler.sim.workload.arrivals import day_curve, gamma, poisson, surge
from scheduler.sim.workload.lengths import parse_lengths


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_gives_the_same_requests_and_another_seed_others(kind):
    recipe = Recipe(kind=kind, num_requests=60, max_per_gap=6)
    assert recipe.draw(7) == recipe.draw(7)
    assert recipe.draw(7).requests != recipe.draw(8).requests


@pytest.mark.parametrize("kind", KINDS)
def test_requests_come_in_order_with_names_of_their_own(kind):
    requests = Recipe(kind=kind, num_requests=300).draw(1).requests
    assert all(one.arrival_s <= two.arrival_s for one, two in pairwise(requests))
    assert [request.id for request in requests] == list(range(len(requests)))
    assert list(Recipe(kind=kind, num_requests=300).stream(1)) == requests


def test_the_papers_generator_draws_the_papers_distributions():
    requests = [r for seed in range(40) for r in paper_workload(seed, 50).requests]
    assert len(requests) / 40 == pytest.approx(20 * 25, rel=0.05)
    assert {round(r.arrival_s / 0.01, 6) for r in requests} == set(range(20))
    for values in ([r.prompt_tokens for r in requests], [r.output_tokens for r in requests]):
        assert (min(values), max(values)) == (1, 499)
        assert statistics.fmean(values) == pytest.approx(250, rel=0.03)
    for level in range(5):
        share = sum(r.urgency == level for r in requests) / len(requests)
        assert share == pytest.approx(0.2, abs=0.02)


def test_the_papers_predictor_names_either_end_of_the_bucket():
    upper = 0
    requests = paper_workload(0, 50).requests
    for request in requests:
        low = 50 * (request.output_tokens // 50)
        assert request.predicted_output_tokens in (max(1, low), low + 50)
        upper += request.predicted_output_tokens == low + 50
    assert upper / len(requests) == pytest.approx(0.5, abs=0.1)


def _gaps(moments):
    return [later - earlier for earlier, later in pairwise(moments)]


@pytest.mark.parametrize("burstiness", [0.25, 1.0, 4.0])
def test_gamma_gaps_have_the_rate_and_the_burstiness(burstiness):
    gaps = _gaps(list(islice(gamma(random.Random(3), 5.0, burstiness), 40_000)))
    mean = statistics.fmean(gaps)
    assert mean == pytest.approx(0.2, rel=0.05)
    assert statistics.pstdev(gaps) / mean == pytest.approx(1 / math.sqrt(burstiness), rel=0.08)


def test_poisson_counts_vary_as_much_as_their_mean():
    counts = [0] * 2_000
    for moment in poisson(random.Random(5), 6.0):
        if moment >= len(counts):
            break
        counts[int(moment)] += 1
    assert statistics.fmean(counts) == pytest.approx(6.0, rel=0.04)
    assert statistics.pvariance(counts) == pytest.approx(6.0, rel=0.12)


def test_a_day_is_calm_at_its_ends_and_busy_in_the_middle():
    quarters = [0] * 4
    for moment in islice(day_curve(random.Random(1), 4.0, 1000.0, 0.8), 40_000):
        quarters[int(moment % 1000 // 250)] += 1
    calm, busy = quarters[0] + quarters[3], quarters[1] + quarters[2]
    # ∫ over the middle half of 1 + 0.8·sin is 1/2 + 0.8/π of the day's arrivals.
    assert busy / (calm + busy) == pytest.approx(0.5 + 0.8 / math.pi, abs=0.01)


def test_a_surge_stays_in_its_span_and_is_mostly_urgent():
    moments = surge(random.Random(1), 60.0, 500, 30.0)
    assert moments == sorted(moments)
    assert 60.0 <= moments[0] <= moments[-1] <= 90.0
    assert statistics.median(moments) < 75.0
    recipe = Recipe(kind="surge", num_requests=400, rate_per_s=2.0, surge_requests=200)
    requests = recipe.draw(0).requests
    assert len(requests) == 600
    inside = [r for r in requests if 60 <= r.arrival_s <= 90]
    outside = [r for r in requests if r.arrival_s < 60]
    assert sum(r.urgency <= 1 for r in inside) / len(inside) > 0.55
    assert sum(r.urgency <= 1 for r in outside) / len(outside) < 0.55


def test_lengths_follow_their_description():
    rng = random.Random(2)
    draw = {text: [parse_lengths(text)(rng) for _ in range(20_000)] for text in (
        "fixed:7", "uniform:3:9", "lognormal:200:1.0:100000", "pareto:20:1.5:100000",
    )}  # fmt: skip
    assert set(draw["fixed:7"]) == {7}
    assert set(draw["uniform:3:9"]) == set(range(3, 10))
    heavy = draw["lognormal:200:1.0:100000"]
    assert statistics.median(heavy) == pytest.approx(200, rel=0.05)
    assert statistics.fmean(heavy) == pytest.approx(200 * math.exp(0.5), rel=0.06)
    tail = draw["pareto:20:1.5:100000"]
    assert min(tail) == 20
    assert sum(value > 200 for value in tail) / len(tail) == pytest.approx(10**-1.5, rel=0.15)


@pytest.mark.parametrize(
    "text",
    ["", "normal:1:2", "fixed", "fixed:0", "fixed:1.5", "fixed:nan", "uniform:9:3", "uniform:1",
     "uniform:1:inf", "lognormal:10:0", "lognormal:10:1:5", "pareto:0:1", "pareto:5:-1",
     "pareto:5:x", "fixed:10000000"],
)  # fmt: skip
def test_a_wrong_length_distribution_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse_lengths(text)


def test_other_lengths_or_errors_leave_the_arrivals_as_they_were():
    plain = Recipe(kind="poisson", num_requests=200)
    other = Recipe(kind="poisson", num_requests=200, output_lengths="pareto:10:1.2",
                   errors=Errors(uniform_confusion(0.5), 1.0))  # fmt: skip
    for one, two in zip(plain.draw(3).requests, other.draw(3).requests, strict=True):
        assert (one.arrival_s, one.urgency) == (two.arrival_s, two.urgency)


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 1), st.integers(0, 1000))
def test_levels_are_wrong_as_often_as_asked_and_always_levels(error, seed):
    recipe = Recipe(kind="poisson", num_requests=1500, errors=Errors(uniform_confusion(error)))
    requests = recipe.draw(seed).requests
    wrong = sum(r.predicted_urgency != r.urgency for r in requests) / len(requests)
    assert wrong == pytest.approx(error, abs=0.06)
    assert {r.predicted_urgency for r in requests} <= set(range(5))


def test_a_confusion_matrix_is_followed_row_by_row():
    rows = [[0.0] * 5 for _ in range(5)]
    for level in range(5):
        rows[level][(level + 1) % 5] = 0.75
        rows[level][level] = 0.25
    matrix = tuple(tuple(row) for row in rows)
    requests = Recipe(kind="poisson", num_requests=4000, errors=Errors(matrix)).draw(1).requests
    for level in range(5):
        given_levels = [r.predicted_urgency for r in requests if r.urgency == level]
        assert set(given_levels) == {level, (level + 1) % 5}
        assert given_levels.count(level) / len(given_levels) == pytest.approx(0.25, abs=0.06)


def test_a_larger_error_goes_on_from_a_smaller_one():
    small, large = (
        Recipe(kind="poisson", num_requests=500, errors=Errors(uniform_confusion(e), sigma))
        for e, sigma in ((0.1, 0.2), (0.4, 0.8))
    )
    for one, two in zip(small.draw(2).requests, large.draw(2).requests, strict=True):
        if one.predicted_urgency != one.urgency:
            assert two.predicted_urgency != two.urgency
        exponents = [math.log(r.predicted_output_tokens / r.output_tokens) for r in (one, two)]
        if min(one.predicted_output_tokens, two.predicted_output_tokens) > 1:
            assert exponents[1] == pytest.approx(4 * exponents[0], abs=1e-9)


def test_length_noise_has_the_spread_that_was_asked_for():
    recipe = Recipe(kind="poisson", num_requests=4000, output_lengths="fixed:400",
                    errors=Errors(length_sigma=0.5))  # fmt: skip
    logs = [math.log(r.predicted_output_tokens / 400) for r in recipe.draw(0).requests]
    assert statistics.fmean(logs) == pytest.approx(0, abs=0.03)
    assert statistics.pstdev(logs) == pytest.approx(0.5, rel=0.05)
