"""The bounds: SRPT is the best there is on one server, and no policy gets below the bound."""

import functools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.policies import available, get_policy
from scheduler.sim import SETTINGS, CostModel, Request, Workload, simulate
from scheduler.sim.bounds import alone_s, lower_bounds_s, srpt_total_s
from scheduler.sim.metrics import summary, time_in_system_s
from scheduler.sim.workload import Errors, Recipe, uniform_confusion

# One slot, a token a second; reading is free, and nothing is ever read again.
UNIT = CostModel("unit", 0.0, 0.0, 0.0, 1.0, kv_tokens=10**6, load_s_per_token=0.0)
ROWS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 4), st.integers(1, 5)), min_size=1, max_size=5
)


def best_schedule(rows, num_levels=5):
    """The lexicographically least (total time in system of level 0, of level 1, …) of all
    schedules of one server that may change its mind every second.

    By going through all of them: at each second each job that is there may be served, or none.
    Totals add up, so the best rest of a schedule does not depend on how it began.
    """
    rows = tuple(sorted(rows))

    @functools.cache
    def rest(now, left):
        if not any(left):
            return (0,) * num_levels
        here = [i for i, (arrival, _, _) in enumerate(rows) if arrival <= now and left[i]]
        waits = [0] * num_levels
        for i in here:
            waits[rows[i][1]] += 1
        after = [rest(now + 1, left)] if len(here) < sum(map(bool, left)) or not here else []
        after += [rest(now + 1, (*left[:i], left[i] - 1, *left[i + 1 :])) for i in here]
        return tuple(map(sum, zip(waits, min(after), strict=True)))

    return rest(0, tuple(size for _, _, size in rows))


def workload(rows, slots=1):
    requests = [
        Request(number, arrival, level, 1, size, size)
        for number, (arrival, level, size) in enumerate(sorted(rows))
    ]
    return Workload("small", requests, slots)


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_one_slot_with_free_preemption_is_served_lexicographically_optimally(rows):
    result = simulate(workload(rows), get_policy("semantic"), UNIT)
    totals = [0.0] * 5
    for job in result.jobs:
        totals[job.urgency] += time_in_system_s(job)
    assert tuple(map(round, totals)) == best_schedule(rows)


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_shortest_remaining_first_has_the_least_total_of_all_schedules(rows):
    flat = [(arrival, 0, size) for arrival, _, size in rows]
    least = best_schedule(flat, 1)[0]
    assert srpt_total_s((arrival, size) for arrival, _, size in rows) == pytest.approx(least)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_with_one_slot_the_bound_of_the_most_urgent_is_met(rows):
    requests = workload(rows).requests
    result = simulate(workload(rows), get_policy("semantic"), UNIT)
    first = min(request.urgency for request in requests)
    total = sum(time_in_system_s(job) for job in result.jobs if job.urgency == first)
    assert total == pytest.approx(lower_bounds_s(requests, UNIT, 1)[first])


def test_a_policy_without_urgency_is_not_optimal():
    rows = [(0, 4, 5), (1, 0, 1)]
    result = simulate(workload(rows), get_policy("fcfs"), UNIT)
    totals = [0] * 5
    for job in result.jobs:
        totals[job.urgency] += round(time_in_system_s(job))
    assert tuple(totals) > best_schedule(rows)


def test_twice_the_speed_halves_a_busy_period():
    jobs = [(0.0, 2.0), (0.0, 4.0), (1.0, 1.0)]
    assert srpt_total_s(jobs, 1.0) == 3 + 7 + 1  # the newcomer waits for nobody's second
    assert srpt_total_s([(0.0, 2.0), (0.0, 4.0)], 2.0) == 1 + 3
    assert srpt_total_s([], 2.0) == 0


@pytest.mark.parametrize("setting", list(SETTINGS))
@pytest.mark.parametrize(("prompt", "output"), [(1, 1), (499, 1), (1, 499), (300, 77)])
def test_alone_is_what_the_simulator_says_of_a_single_request(setting, prompt, output):
    request = Request(0, 3.0, 2, prompt, output, output)
    result = simulate(Workload("one", [request]), get_policy("semantic"), SETTINGS[setting])
    expected = alone_s(request, SETTINGS[setting])
    assert time_in_system_s(result.jobs[0]) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", available())
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["paper", "gamma", "surge"]), st.integers(1, 20))
def test_nobody_gets_below_the_bound(name, seed, kind, slots):
    errors = Errors(uniform_confusion(0.2), 0.5)
    drawn = Recipe(kind, num_requests=60, rate_per_s=6.0, max_per_gap=5, surge_requests=20,
                   surge_at_s=2.0, slots=slots, errors=errors).draw(seed)  # fmt: skip
    cost = SETTINGS["A100-4B"]
    bounds = lower_bounds_s(drawn.requests, cost, slots)
    regret = summary(simulate(drawn, get_policy(name), cost), bounds_s=bounds)["regret"]
    assert all(value >= -1e-9 for value in regret["up_to_urgency"].values())
    assert bounds == sorted(bounds)
