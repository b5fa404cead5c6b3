"""The figures, on runs small enough to work out by hand."""

import pytest

from scheduler.policies import get_policy
from scheduler.sim import CostModel, Request, Workload, simulate
from scheduler.sim.bounds import lower_bounds_s
from scheduler.sim.metrics import quantile, spread, summary

UNIT = CostModel("unit", 0.0, 0.0, 0.0, 1.0, kv_tokens=10**6, load_s_per_token=0.0)


def run(rows, policy="semantic", **options):
    """Rows of (arrival, urgency, output tokens); one slot, a token a second."""
    requests = [Request(i, a, u, 1, o, o) for i, (a, u, o) in enumerate(rows)]
    return summary(simulate(Workload("w", requests, 1), get_policy(policy), UNIT), UNIT, **options)


def test_a_preempted_request_by_hand():
    # Level 4 runs 0–3, level 0 takes the slot 3–5, level 4 goes on 5–12.
    found = run([(0, 4, 10), (3, 0, 2)])
    assert found["time_in_system_s"]["by_urgency"] == {"0": 2, "1": 0, "2": 0, "3": 0, "4": 12}
    assert found["time_in_system_s"]["total"] == 14
    assert found["ttft_s"]["by_urgency"]["4"] == 1
    assert found["waiting_s"]["by_urgency"]["4"] == 2
    assert found["waiting_s"]["by_urgency"]["0"] == 0
    assert found["slowdown"]["by_urgency"]["4"] == pytest.approx(1.2)
    assert found["slowdown"]["by_urgency"]["0"] == pytest.approx(1.0)
    assert found["tpot_s"]["by_urgency"]["4"] == pytest.approx(11 / 9)
    assert found["tokens_per_s"] == pytest.approx(1.0)
    assert found["preemptions"] == 1
    assert found["recomputed_tokens"] == 0
    assert found["inversion_s"] == 0
    assert found["num_requests"] == {
        "total": 2, "by_urgency": {"0": 1, "1": 0, "2": 0, "3": 0, "4": 1}
    }  # fmt: skip


def test_who_waits_behind_somebody_calmer_makes_inversion_seconds():
    # Two of level 0 wait 7 seconds each for a level 4 that keeps its slot.
    found = run([(0, 4, 10), (3, 0, 2), (3, 0, 2)], "fcfs")
    assert found["inversion_s"] == pytest.approx(14)
    assert found["waiting_s"]["levels"]["0"]["max"] == pytest.approx(9)


def test_targets_are_met_by_waiting_and_goodput_counts_those():
    rows = [(0, 4, 10), (3, 0, 2), (3, 0, 2)]
    found = run(rows, "fcfs", targets_s=(8, 1, 1, 1, 1))
    assert found["within_target"]["by_urgency"]["0"] == 0.5
    assert found["within_target"]["by_urgency"]["4"] == 1
    assert found["within_target"]["share"] == pytest.approx(2 / 3)
    assert found["goodput_per_s"] == pytest.approx(2 / 14)


def test_regret_is_zero_for_the_best_and_grows_for_others():
    rows = [(0, 4, 10), (3, 0, 2), (3, 0, 2)]
    bounds = lower_bounds_s(
        [Request(i, a, u, 1, o, o) for i, (a, u, o) in enumerate(rows)], UNIT, 1
    )
    best = run(rows, bounds_s=bounds)["regret"]["up_to_urgency"]
    other = run(rows, "fcfs", bounds_s=bounds)["regret"]["up_to_urgency"]
    assert best["0"] == best["4"] == pytest.approx(0)
    assert other["0"] == pytest.approx((9 + 11) / (2 + 4) - 1)


def test_levels_are_the_true_ones_and_inversions_those_seen():
    requests = [Request(0, 0, 0, 1, 5, 5, predicted_urgency=4), Request(1, 1, 4, 1, 2, 2, 0)]
    found = summary(simulate(Workload("w", requests, 1), get_policy("semantic"), UNIT))
    assert found["time_in_system_s"]["by_urgency"]["0"] == 7  # it was taken for a calm one
    assert found["time_in_system_s"]["by_urgency"]["4"] == 2
    assert found["inversion_s"] == 0


def test_nobody_is_no_division_by_zero():
    found = summary(simulate(Workload("w", [], 1), get_policy("semantic"), UNIT), UNIT)
    assert found["time_in_system_s"]["mean"] == 0
    assert found["goodput_per_s"] == 0


def test_quantiles_lie_between_the_values():
    found = spread([4, 1, 3, 2])
    assert found == pytest.approx({"mean": 2.5, "p50": 2.5, "p90": 3.7, "p99": 3.97, "max": 4})
    assert quantile([1.0, 2.0], 0.25) == 1.25
    assert spread([])["p99"] == 0
