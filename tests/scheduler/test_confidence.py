"""Confidence intervals, held against scipy's."""

import math
import random

import pytest
from scipy import stats

from scheduler.sim.confidence import gain, interval, over_seeds, student_t


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 9, 10, 19, 49, 200])
@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99])
def test_the_quantile_is_students(degrees, confidence):
    expected = stats.t.ppf((1 + confidence) / 2, degrees)
    assert student_t(degrees, confidence) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(("degrees", "confidence"), [(0, 0.9), (5, 0.0), (5, 1.0)])
def test_impossible_quantiles_are_refused(degrees, confidence):
    with pytest.raises(ValueError, match="student_t"):
        student_t(degrees, confidence)


def test_an_interval_is_the_textbooks():
    rng = random.Random(1)
    values = [rng.gauss(5, 2) for _ in range(12)]
    low, high = stats.t.interval(0.95, 11, loc=sum(values) / 12, scale=stats.sem(values))
    found = interval(values)
    assert (found["low"], found["high"]) == pytest.approx((low, high))


def test_intervals_cover_the_truth_as_often_as_they_say():
    rng = random.Random(7)
    hits = 0
    for _ in range(2000):
        found = interval([rng.gauss(0, 1) for _ in range(6)])
        hits += found["low"] <= 0 <= found["high"]
    assert hits / 2000 == pytest.approx(0.95, abs=0.02)


def test_one_run_has_a_mean_and_no_interval():
    assert interval([3.0]) == {"mean": 3.0, "low": None, "high": None}


def test_runs_keep_their_shape():
    runs = [{"a": {"b": 1.0}, "c": 4}, {"a": {"b": 3.0}, "c": 4}]
    found = over_seeds(runs)
    assert found["a"]["b"]["mean"] == 2.0
    assert found["c"] == {"mean": 4, "low": 4, "high": 4}


def test_a_gain_is_paired_seed_by_seed():
    found = gain([1.0, 50.0], [2.0, 100.0])
    assert found == {"mean": 0.5, "low": 0.5, "high": 0.5}
    assert gain([3.0, 3.0], [2.0, 2.0])["mean"] == pytest.approx(-0.5)
    assert math.isclose(gain([1.0], [4.0])["mean"], 0.75)


def test_seeds_without_the_figure_do_not_count():
    nothing = {"mean": None, "low": None, "high": None}
    assert interval([None, 2.0, None, 4.0]) == interval([2.0, 4.0])
    assert interval([None]) == interval([]) == nothing
    assert over_seeds([{"a": {"b": None}}, {"a": {"b": 3.0}}])["a"]["b"]["mean"] == 3.0
    assert gain([None, 1.0, 0.0], [None, 2.0, 0.0]) == {"mean": 0.5, "low": None, "high": None}
    assert gain([None], [None]) == nothing
