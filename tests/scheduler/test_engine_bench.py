"""What surrounds a measurement of the real engine: load, figures, fits, and taking it up again."""

import asyncio
import json
import math
import statistics
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from scheduler.cli import main
from scheduler.engine.bench import Plan, turns
from scheduler.engine.calibration import Point, fit
from scheduler.engine.draw import (
    DEFAULT_SHAPE,
    LoadShape,
    draw_requests,
    longest_context,
    mispredict,
)
from scheduler.engine.figures import figures, medians, quantile, throughput
from scheduler.engine.load import make_task, replay
from scheduler.engine.model import find_model
from scheduler.engine.record import Record
from scheduler.engine.timing import Timing
from scheduler.sim.cost_file import read_cost_model
from scheduler.sim.workload import Request


def _timing(urgency, arrival_s, ttft_s, system_s):
    return Timing(urgency, arrival_s, ttft_s, system_s, 10, 1, 0.0, 0.0)


def test_the_same_seed_draws_the_same_load():
    assert draw_requests(3, 50, 2.0) == draw_requests(3, 50, 2.0)
    assert draw_requests(3, 50, 2.0) != draw_requests(4, 50, 2.0)
    assert {request.arrival_s for request in draw_requests(3, 50, math.inf)} == {0.0}


def test_arrivals_come_at_the_rate_and_predictions_err_as_told():
    requests = draw_requests(1, 4000, 5.0, LoadShape(length_error=0.4))
    assert requests[-1].arrival_s == pytest.approx(4000 / 5.0, rel=0.1)
    errors = [math.log(r.predicted_output_tokens / r.output_tokens) for r in requests]
    assert statistics.stdev(errors) == pytest.approx(0.4, rel=0.1)
    assert all(
        request.predicted_output_tokens == request.output_tokens
        for request in draw_requests(1, 50, 5.0, LoadShape(length_error=0.0))
    )


def test_the_tokens_asked_for_are_those_of_the_rate_whatever_chance_draws():
    for seed in range(5):
        requests = draw_requests(seed, 100, 5.0)
        tokens = sum(request.output_tokens for request in requests)
        wanted = 5.0 * DEFAULT_SHAPE.mean_output_tokens
        assert tokens / requests[-1].arrival_s == pytest.approx(wanted, rel=0.05)


def test_every_level_has_the_lengths_of_the_distribution():
    requests = draw_requests(2, 200, 5.0)
    mean = DEFAULT_SHAPE.mean_output_tokens
    assert 130 < mean < 142
    for level in range(5):
        outputs = [r.output_tokens for r in requests if r.urgency == level]
        assert statistics.fmean(outputs) == pytest.approx(mean, rel=0.06)
        assert statistics.median(outputs) == pytest.approx(90, rel=0.12)
        assert max(outputs) <= 512
    short = LoadShape("fixed:7", "uniform:3:5")
    assert {r.prompt_tokens for r in draw_requests(2, 20, 5.0, short)} == {7}
    assert {r.output_tokens for r in draw_requests(2, 20, 5.0, short)} == {3, 4, 5}


def test_policies_take_turns_and_every_second_time_backwards():
    plan = Plan(find_model(None), ("fcfs", "semantic"), repeats=2)
    assert turns(plan) == [(0, "fcfs"), (0, "semantic"), (1, "semantic"), (1, "fcfs")]
    alone = replace(plan, one_at_a_time=True)
    assert turns(alone) == [(0, "fcfs"), (1, "fcfs"), (0, "semantic"), (1, "semantic")]


def test_the_error_changes_nothing_but_the_predictions():
    requests = draw_requests(1, 50, 5.0)
    exact = mispredict(requests, 0, 0.0)
    assert [r.predicted_output_tokens for r in exact] == [r.output_tokens for r in requests]
    assert [r.arrival_s for r in mispredict(requests, 0, 0.5)] == [r.arrival_s for r in requests]
    assert longest_context(requests) == max(r.prompt_tokens + r.output_tokens for r in requests)


def test_no_two_prompts_share_a_beginning():
    model, requests = find_model(None), draw_requests(1, 50, 5.0)
    heads = {tuple(make_task(request, model, 1).prompt_ids[:8]) for request in requests}
    assert len(heads) == 50


def test_figures_are_those_of_the_level():
    found = figures([_timing(0, 0.0, 1.0, 2.0), _timing(0, 1.0, 3.0, 4.0), _timing(4, 0.0, 9, 10)])
    assert found["ttft_s"]["0"] == {"mean": 2.0, "p50": 2.0, "p99": pytest.approx(2.98)}
    assert found["ttft_s"]["1"]["mean"] == 0
    assert found["time_in_system_s"]["mean"] == pytest.approx(16 / 3)
    assert found["tokens_per_s"] == 3.0
    assert found["preemptions"] == 3
    assert medians([found, found, figures([_timing(0, 0.0, 5.0, 6.0)])])["ttft_s"]["0"]["mean"] == 2
    assert quantile([1, 2, 3], 0.25) == 1.5


def test_throughput_counts_what_comes_while_requests_arrive():
    timings = [_timing(0, 10.0, 1.0, 2.0), _timing(0, 14.0, 3.0, 40.0)]
    assert throughput([(11.0, 5), (13.0, 3), (30.0, 99)], timings) == 2.0
    assert throughput([(11.0, 5)], timings[:1]) == 0.0


def test_a_fit_finds_the_coefficients_and_never_one_below_zero():
    points = [Point(size, 2e-6 * size * size + 3e-4 * size) for size in (16, 64, 256, 512)]
    assert fit(points, lambda p: (p * p, p)) == pytest.approx((2e-6, 3e-4))
    sinking = [Point(size, 0.02 - 1e-6 * size) for size in (100, 1000, 4000)]
    slope, base = fit(sinking, lambda p: (p, 1.0))
    assert slope == 0
    assert base == pytest.approx(0.0185, rel=0.1)
    with pytest.raises(ValueError, match="max-model-len"):
        fit(points[:1], lambda p: (p, 1.0))


def test_the_simulator_reads_what_calibrate_writes(tmp_path):
    path = tmp_path / "here.json"
    found = {"name": "here", "c1": 0.0, "c2": 1e-4, "d1": 1e-6, "d2": 0.01, "kv_tokens": 5000,
             "block_tokens": 128, "load_s_per_token": 1.0, "measured": {"slots": 8}}  # fmt: skip
    path.write_text(json.dumps(found))
    cost = read_cost_model(path)
    assert (cost.name, cost.block_tokens, cost.prefill_s(100)) == ("here", 128, 0.01)


class _PromptEngine:
    """Done with a request as soon as it comes."""

    async def forget(self):
        pass

    async def run(self, task, arrival_s):
        return task.name, arrival_s, time.monotonic()


def test_a_replay_begins_with_the_first_request_however_late_its_clock():
    moments = [43_200.0, 43_200.2, 43_200.1]
    requests = [Request(number, moment, 1, 5, 5, 5.0) for number, moment in enumerate(moments)]
    model = SimpleNamespace(vocab_size=1000)
    began = time.monotonic()
    served = asyncio.run(
        asyncio.wait_for(replay(_PromptEngine(), requests, model, seed=3), timeout=20)
    )
    assert [name for name, _, _ in served] == ["3-0", "3-1", "3-2"]
    due = [moment for _, moment, _ in served]
    assert [moment - due[0] for moment in due] == pytest.approx([0, 0.2, 0.1], abs=1e-6)
    assert began <= due[0] <= began + 10
    assert all(at >= moment for _, moment, at in served)  # nobody is early
    assert asyncio.run(replay(_PromptEngine(), [], model, seed=3)) == []


def test_a_record_keeps_what_is_done(tmp_path):
    path = tmp_path / "runs.jsonl"
    record = Record(path, {"seed": 0})
    record.add("fcfs/0", {"tokens_per_s": 7})
    again = Record(path, {"seed": 0})
    assert "fcfs/0" in again
    assert again["fcfs/0"] == {"tokens_per_s": 7}
    assert "fcfs/1" not in again
    with pytest.raises(ValueError, match="another seed"):
        Record(path, {"seed": 1})
    path.write_text("nonsense")
    with pytest.raises(ValueError, match="no record"):
        Record(path, {"seed": 0})


def test_a_record_that_a_kill_cut_is_taken_up_again(tmp_path):
    path, conditions = tmp_path / "runs.jsonl", {"seed": 0}
    record = Record(path, conditions)
    record.add("fcfs/0", {"tokens_per_s": 7})
    one_run = path.read_bytes()
    record.add("fcfs/1", {"tokens_per_s": 8})
    whole = path.read_bytes()
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        again = Record(path, conditions)
        assert ("fcfs/0" in again, "fcfs/1" in again) == (
            length >= len(one_run), length == len(whole),
        )  # fmt: skip
        for name, speed in (("fcfs/0", 7), ("fcfs/1", 8)):
            if name not in again:
                again.add(name, {"tokens_per_s": speed})
        assert path.read_bytes() == whole


@pytest.mark.parametrize("content", ["nonsense", '{"conditions": {"seed": 1}}', '{"a": 1}\n{"b'])
def test_a_file_that_is_no_record_stays_as_it_is(tmp_path, content):
    path = tmp_path / "notes.txt"
    path.write_text(content)
    with pytest.raises(ValueError, match="no record"):
        Record(path, {"seed": 0})
    assert path.read_text() == content


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["--policies", "best"], "policy"),
        (["--policies", ","], "policies"),
        (["--repeats", "0"], "repeats"),
        (["--overload", "-1"], "overload"),
        (["--length-error", "9"], "length-error"),
        (["--output-tokens", "normal:3"], "output-tokens"),
        (["--model", "nowhere"], "model"),
        (["--workload", "nowhere.json"], "nowhere.json"),
    ],
)
def test_bad_values_are_one_sentence(capsys, arguments, field):
    assert main(["engine-bench", *arguments]) == 2
    error = capsys.readouterr().err
    assert field in error
    assert error.count("\n") == 1


def test_lengths_for_a_file_that_has_its_own_are_refused(tmp_path, capsys):
    make = ["generate", "--kind", "poisson", "--requests", "5", "--out", str(tmp_path)]
    assert main(make) == 0
    capsys.readouterr()
    (path,) = tmp_path.iterdir()
    arguments = ["engine-bench", "--workload", str(path), "--output-tokens", "fixed:5"]
    assert main(arguments) == 2
    assert "output-tokens" in capsys.readouterr().err
