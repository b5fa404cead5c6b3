"""The predictor in front of the queue: when it lets whom through."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.policies import get_policy
from scheduler.sim import SETTINGS, Predictor, Request, Workload, simulate

COST = SETTINGS["A100-4B"]


def _requests(*moments):
    return [Request(number, moment, 0, 10, 10, 10.0) for number, moment in enumerate(moments)]


def test_immediately_it_takes_whatever_waits():
    predictor = Predictor(latency_s=1.0, batch_size=3)
    ready = list(predictor.ready(_requests(0.0, 0.1, 0.2, 0.3, 0.4, 9.0)))
    assert ready == [1.0, 2.0, 2.0, 2.0, 3.0, 10.0]


def test_fully_delayed_it_waits_for_a_whole_batch():
    predictor = Predictor(latency_s=1.0, batch_size=3, mode="delayed")
    ready = list(predictor.ready(_requests(0.0, 0.1, 5.0, 5.1, 5.2)))
    assert ready == [6.0, 6.0, 6.0, 7.0, 7.0]


@settings(max_examples=200, deadline=None)
@given(
    moments=st.lists(st.floats(0, 100), max_size=40).map(sorted),
    latency_s=st.just(0.0) | st.floats(0.01, 5),
    batch_size=st.integers(1, 9),
    mode=st.sampled_from(["immediate", "delayed"]),
)
def test_nobody_passes_before_the_latency_or_out_of_order(moments, latency_s, batch_size, mode):
    ready = list(Predictor(latency_s, batch_size, mode).ready(_requests(*moments)))
    assert len(ready) == len(moments)
    assert ready == sorted(ready)
    assert all(passed >= moment + latency_s for passed, moment in zip(ready, moments, strict=True))
    if latency_s > 0:
        assert max(map(ready.count, ready), default=0) <= batch_size


def test_who_needs_no_prediction_does_not_wait_for_it():
    workload = Workload("w", _requests(0.0), 4)
    predictor = Predictor(latency_s=2.0)
    [blind] = simulate(workload, get_policy("fcfs"), COST, predictor=predictor).jobs
    [seeing] = simulate(workload, get_policy("semantic"), COST, predictor=predictor).jobs
    assert blind.first_token_s < 1.0
    assert seeing.first_token_s == pytest.approx(blind.first_token_s + 2.0)


@pytest.mark.parametrize(
    ("options", "field"),
    [({"latency_s": -1.0}, "predictor-latency"), ({"latency_s": float("nan")}, "latency"),
     ({"batch_size": 0}, "predictor-batch"), ({"mode": "later"}, "predictor-mode")],
)  # fmt: skip
def test_wrong_options_are_named(options, field):
    with pytest.raises(ValueError, match=field):
        Predictor(**options)
