"""The simulator: repeatable, complete, and as the theory says."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.policies import available, get_policy
from scheduler.sim import BATCHING, SETTINGS, CostModel, Request, Workload, paper_workload, simulate
from scheduler.sim.engine import Engine
from scheduler.sim.metrics import summary
from scheduler.sim.phases import PhasedSimulation

COST = SETTINGS["A100-4B"]
# One slot, a token a second, reading is free and nothing is ever read again.
UNIT = CostModel("unit", 0.0, 0.0, 0.0, 1.0, kv_tokens=10**6, load_s_per_token=0.0)

REQUESTS = st.lists(
    st.tuples(
        st.integers(0, 20), st.integers(0, 4), st.integers(1, 60), st.integers(1, 60),
        st.integers(1, 60),
    ),
    min_size=1, max_size=30,
)  # fmt: skip


def _workload(rows, slots=2):
    ordered = sorted(rows)
    requests = [Request(i, a, u, p, o, float(q)) for i, (a, u, p, o, q) in enumerate(ordered)]
    return Workload("w", requests, slots)


@pytest.mark.parametrize("name", available())
@settings(max_examples=60, deadline=None)
@given(rows=REQUESTS)
def test_every_request_gets_all_its_tokens_once(name, rows):
    workload = _workload(rows)
    result = simulate(workload, get_policy(name), COST)
    for job in result.jobs:
        assert job.generated_tokens == job.request.output_tokens
        assert job.arrival_s <= job.first_token_s <= job.end_s <= result.end_s
        assert 0 < job.slot_s <= job.end_s - job.arrival_s + 1e-9


@pytest.mark.parametrize("name", available())
@settings(max_examples=40, deadline=None)
@given(rows=REQUESTS)
def test_scarce_memory_is_respected_and_loses_nobody(name, rows):
    tight = CostModel("tight", COST.c1, COST.c2, COST.d1, COST.d2, kv_tokens=4 * 32 + 32)
    result = simulate(_workload(rows, slots=4), get_policy(name), tight)
    assert result.kv_peak_blocks <= tight.kv_tokens // tight.block_tokens
    assert all(job.left == 0 for job in result.jobs)


def test_the_same_workload_gives_the_same_figures_bit_for_bit():
    for name in available():
        one, two = (
            summary(simulate(paper_workload(3, 20), get_policy(name), COST)) for _ in range(2)
        )
        assert one == two


@pytest.mark.parametrize(
    ("batching", "num_engines", "setting"),
    [
        *itertools.product(["continuous", "chunked"], [1, 3], ["A100-4B", "A100-7B"]),
        ("phases", 1, "A100-4B"),  # with little memory it matters when it is asked for
    ],
)
@pytest.mark.parametrize("name", available())
def test_jumping_over_steps_changes_nothing(name, batching, num_engines, setting, monkeypatch):
    """Asking after every step gives every request the same moments."""
    workload, cost = paper_workload(5, 8), SETTINGS[setting]
    options = {"num_engines": num_engines, "batching": batching}
    jumped = simulate(workload, get_policy(name), cost, **options)
    monkeypatch.setattr(Engine, "_num_equal_steps", lambda _engine: 1)
    monkeypatch.setattr(PhasedSimulation, "_num_equal_steps", lambda _simulation, _batch: 1)
    stepped = simulate(workload, get_policy(name), cost, **options)
    for one, other in zip(jumped.jobs, stepped.jobs, strict=True):
        assert one.end_s == pytest.approx(other.end_s, rel=1e-9)
        assert one.first_token_s == pytest.approx(other.first_token_s, rel=1e-9)
        assert one.slot_s == pytest.approx(other.slot_s, rel=1e-9)
    assert jumped.preemptions == stepped.preemptions
    assert jumped.inversion_s == pytest.approx(stepped.inversion_s, rel=1e-6, abs=1e-6)


def _brute_force(sizes_by_level):
    """The lexicographically best (sum of ends of level 0, of level 1, …): one slot, no arrivals
    later, so the best order is one of the permutations."""
    jobs = [(level, size) for level, sizes in enumerate(sizes_by_level) for size in sizes]
    best = None
    for order in itertools.permutations(jobs):
        sums, now = [0] * len(sizes_by_level), 0
        for level, size in order:
            now += size
            sums[level] += now
        best = min(best, tuple(sums)) if best else tuple(sums)
    return best


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=2), min_size=2, max_size=3))
def test_with_one_slot_and_true_lengths_it_is_lexicographically_optimal(sizes_by_level):
    rows = [(0, level, 1, size, size) for level, sizes in enumerate(sizes_by_level)
            for size in sizes]  # fmt: skip
    result = simulate(_workload(rows, slots=1), get_policy("semantic"), UNIT)
    sums = [0.0] * len(sizes_by_level)
    for job in result.jobs:
        sums[job.urgency] += job.end_s
    assert tuple(round(value) for value in sums) == _brute_force(sizes_by_level)


def test_level_0_gains_what_the_paper_reports_and_more():
    fcfs = sjf = priority = ours = 0.0
    for seed in range(5):
        workload = paper_workload(seed, 30)
        level_0 = {
            name: summary(simulate(workload, get_policy(name), COST))["time_in_system_s"][
                "by_urgency"
            ]["0"]
            for name in ("fcfs", "sjf", "priority", "semantic-plus")
        }
        fcfs += level_0["fcfs"]
        sjf += level_0["sjf"]
        priority += level_0["priority"]
        ours += level_0["semantic-plus"]
    assert ours < 0.25 * fcfs
    assert ours < 0.53 * sjf
    assert ours < 0.95 * priority


def test_a_request_larger_than_the_memory_is_named():
    with pytest.raises(ValueError, match="request 0"):
        simulate(_workload([(0, 0, 60, 60, 60)]), get_policy("fcfs"),
                 CostModel("x", 0, 0, 0, 1, kv_tokens=64))  # fmt: skip


def test_a_prompt_and_its_tokens_take_what_the_cost_model_says():
    request = Request(0, 1.0, 2, 100, 3, 3.0)
    for batching in BATCHING:
        [job] = simulate(Workload("w", [request], 4), get_policy("semantic"), COST,
                         batching=batching).jobs  # fmt: skip
        first = 1.0 + COST.prefill_s(100) + COST.decode_s(100)
        assert job.first_token_s == pytest.approx(first)
        assert job.end_s == pytest.approx(first + COST.decode_s(101) + COST.decode_s(102))


def test_a_calm_prompt_never_slows_an_urgent_request_down():
    urgent = Request(0, 0.0, 0, 1, 300, 300.0)
    calm = [Request(1 + n, 0.5 + n / 10, 3, 499, 20, 20.0) for n in range(10)]
    for batching in ("continuous", "chunked"):
        alone, beside = (
            simulate(Workload("w", requests, 16), get_policy("semantic"), COST,
                     batching=batching).jobs[0].end_s
            for requests in ([urgent], [urgent, *calm])
        )  # fmt: skip
        # Only their context is in its way, a millionth of a step for each token.
        assert beside == pytest.approx(alone, rel=0.01)


def test_in_fcfs_a_prompt_stalls_everybody():
    first = Request(0, 0.0, 0, 1, 300, 300.0)
    others = [Request(1 + n, 0.5 + n / 10, 3, 499, 20, 20.0) for n in range(10)]
    alone, beside = (
        simulate(Workload("w", requests, 16), get_policy("fcfs"), COST).jobs[0].end_s
        for requests in ([first], [first, *others])
    )
    assert beside > alone + 10 * 0.03


def test_a_step_of_chunked_prefill_reads_at_most_its_budget():
    requests = [Request(n, 0.0, 1, 400, 2, 2.0) for n in range(4)]
    jobs = simulate(Workload("w", requests, 4), get_policy("semantic"), COST,
                    batching="chunked", token_budget=200).jobs  # fmt: skip
    # Eight steps of 200 tokens; the last of them is done when all 1600 have been read.
    assert max(job.first_token_s for job in jobs) >= 4 * COST.prefill_s(400)
    assert min(job.first_token_s for job in jobs) < 2 * COST.prefill_s(400) + 2 * COST.d2


def test_in_phases_a_newcomer_of_lower_rank_waits_for_the_whole_batch():
    """The paper's batching: first come, first served lets no prompt in before the first ends."""
    first = Request(0, 0.0, 0, 10, 100, 100.0)
    second = Request(1, 0.1, 0, 10, 10, 10.0)
    workload = Workload("w", [first, second], 16)
    one, other = simulate(workload, get_policy("fcfs"), COST, batching="phases").jobs
    assert other.first_token_s > one.end_s
    one, other = simulate(workload, get_policy("fcfs"), COST).jobs
    assert other.end_s < one.end_s


@pytest.mark.parametrize("name", available())
def test_more_engines_serve_one_queue_faster(name):
    workload = paper_workload(2, 20)
    ends = [simulate(workload, get_policy(name), COST, num_engines=count).end_s
            for count in (1, 2, 4)]  # fmt: skip
    assert ends[1] < 0.6 * ends[0]
    assert ends[2] < 0.6 * ends[1]


def test_an_urgent_newcomer_takes_the_least_deserving_slot_of_all_engines():
    requests = [Request(n, 0.0, 2, 10, 400, 400.0) for n in range(3)]
    requests.append(Request(3, 0.0, 4, 10, 400, 400.0))
    requests.append(Request(4, 1.0, 0, 10, 10, 10.0))
    result = simulate(Workload("w", requests, 1), get_policy("semantic"), COST, num_engines=4)
    assert [job.num_preemptions for job in result.jobs] == [0, 0, 0, 1, 0]
    assert result.jobs[4].first_token_s < 1.0 + 3 * COST.d2


def test_a_preempted_request_reads_again_only_where_its_cache_is_not():
    """Back on its own engine nothing is read again; on another one everything is."""
    requests = [Request(0, 0.0, 4, 100, 300, 300.0), Request(1, 1.0, 0, 10, 10, 10.0)]
    result = simulate(Workload("w", requests, 1), get_policy("semantic"), COST)
    assert (result.preemptions, result.reread_tokens) == (1, 0)
    requests = [Request(0, 0.0, 4, 100, 300, 300.0), Request(1, 0.0, 3, 100, 300, 300.0),
                Request(2, 1.0, 0, 10, 400, 400.0)]  # fmt: skip
    result = simulate(Workload("w", requests, 1), get_policy("semantic"), COST, num_engines=2)
    assert result.preemptions == 1
    assert result.reread_tokens > 100


def test_progress_is_told_of_every_request():
    told = []
    simulate(paper_workload(1, 20), get_policy("semantic"), COST, progress=told.append)
    assert sum(told) == len(paper_workload(1, 20).requests)


@pytest.mark.parametrize(
    ("options", "field"),
    [({"batching": "static"}, "batching"), ({"num_engines": 0}, "engines"),
     ({"batching": "chunked", "token_budget": 0}, "token-budget"),
     ({"batching": "phases", "num_engines": 2}, "engines")],
)  # fmt: skip
def test_wrong_options_are_named(options, field):
    with pytest.raises(ValueError, match=field):
        simulate(paper_workload(1, 2), get_policy("fcfs"), COST, **options)
