"""`sweep`: the paper's comparison over seeds, what varies, and one sentence for bad values."""

import json

import pytest

from scheduler.cli import main
from scheduler.sim.experiment import VARIED

SMALL = ["--max-per-gap", "3", "--seeds", "3"]
FEW_TIMED = ["--requests", "40", "--seeds", "3"]


def sweep(capsys, *options):
    """A small one, whatever the kind."""
    is_paper = "--kind" not in options or "paper" in options
    assert main(["sweep", *(SMALL if is_paper else FEW_TIMED), *options, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_papers_claim_holds_on_its_generator_beyond_chance(capsys):
    found = sweep(capsys, "--over", "policy", "--seeds", "5", "--max-per-gap", "50")
    below = found["points"][0]["below"]
    for ours in ("semantic", "semantic-plus"):
        level_0 = {name: below[ours][name]["by_urgency"]["0"]["low"] for name in below[ours]}
        assert level_0["fcfs"] >= 0.80
        assert level_0["sjf"] >= 0.47
        assert level_0["priority"] >= 0.10
        assert below[ours]["fcfs"]["total"]["low"] > 0
        assert below[ours]["priority"]["total"]["low"] > 0


def test_figures_come_with_intervals_and_the_recipe_that_made_them(capsys):
    found = sweep(capsys, "--over", "rate", "--values", "2,40", "--kind", "poisson")
    assert found["workload"]["kind"] == "poisson"
    assert found["seeds"] == {"first": 0, "count": 3}
    assert [point["value"] for point in found["points"]] == [2, 40]
    for point in found["points"]:
        mean = point["policies"]["semantic"]["time_in_system_s"]["by_urgency"]["2"]
        assert mean["low"] <= mean["mean"] <= mean["high"]
    calm, busy = (p["policies"]["fcfs"]["waiting_s"]["mean"]["mean"] for p in found["points"])
    assert calm < busy


VALUES = {
    "slots": "2,8", "max-per-gap": "2,9", "burstiness": "0.1,5", "rate": "1,50", "engines": "1,2",
}  # fmt: skip


@pytest.mark.parametrize("over", list(VARIED))
def test_whatever_varies_changes_the_figures(capsys, over):
    values = VALUES.get(over, "0,0.9")
    kind = {"max-per-gap": "paper", "burstiness": "gamma"}.get(over, "poisson")
    options = ["--kind", kind, "--slots", "3", "--policies", "semantic"]
    options += [] if kind == "paper" else ["--rate", "9"]
    points = sweep(capsys, *options, "--over", over, "--values", values)["points"]
    means = [p["policies"]["semantic"]["time_in_system_s"]["by_urgency"]["0"] for p in points]
    assert means[0] != means[1]


def test_the_same_seeds_give_the_same_figures_with_any_number_of_processes(capsys):
    one, two = (sweep(capsys, "--jobs", jobs) for jobs in ("1", "2"))
    assert one == two


def test_distributions_are_added_on_request(capsys):
    (point,) = sweep(capsys, "--cdf", "--policies", "fcfs,semantic")["points"]
    curve = point["cdf"]["semantic"]["time_in_system_s"]["0"]
    assert len(curve) == 101
    assert curve == sorted(curve)
    assert max(point["policies"]["semantic"]["time_in_system_s"]["levels"]["0"]["max"].values()) > 0


def test_targets_reach_the_figures(capsys):
    strict, lax = (
        sweep(capsys, "--max-per-gap", "20", "--targets", targets)["points"][0]["policies"]
        for targets in (".1,.1,.1,.1,.1", "1e4,1e4,1e4,1e4,1e4")
    )
    for name in strict:
        assert strict[name]["within_target"]["share"]["mean"] < 1
        assert lax[name]["within_target"]["share"]["mean"] == 1


def test_decisions_are_timed_on_request_only(capsys):
    (plain,) = sweep(capsys, "--policies", "semantic")["points"]
    (timed,) = sweep(capsys, "--policies", "semantic", "--decision-time")["points"]
    assert "decision_us" not in plain["policies"]["semantic"]
    assert timed["policies"]["semantic"].pop("decision_us")["p50"]["mean"] > 0
    assert timed == plain


def test_the_engine_can_be_a_measured_one(tmp_path, capsys):
    slow = tmp_path / "measured.json"
    slow.write_text(json.dumps({"c1": 0, "c2": 0.001, "d1": 0, "d2": 0.5, "kv_tokens": 4096}))
    fast, measured = (
        sweep(capsys, "--policies", "semantic", *setting)["points"][0]["policies"]["semantic"]
        for setting in ([], ["--setting", str(slow)])
    )
    ratio = measured["tpot_s"]["p50"]["mean"] / fast["tpot_s"]["p50"]["mean"]
    assert ratio == pytest.approx(0.5 / 0.012, rel=0.1)


FEW = ["--kind", "poisson", "--requests", "5", "--seeds", "8"]


def test_seeds_without_a_level_do_not_count_in_its_mean(capsys):
    """Five requests: most seeds lack some level."""
    options = [*FEW, "--policies", "fcfs,semantic"]
    singles = [
        sweep(capsys, *options, "--seeds", "1", "--seed", str(seed))["points"][0]["policies"]
        for seed in range(8)
    ]
    found = sweep(capsys, *options)["points"][0]["policies"]
    one = {name: [single[name] for single in singles] for name in found}
    for name, figures in found.items():
        for level in "01234":
            there = [
                single["time_in_system_s"]["by_urgency"][level]["mean"]
                for single in one[name]
                if single["num_requests"]["by_urgency"][level]["mean"]
            ]
            assert 0 < len(there) < 8
            mean = figures["time_in_system_s"]["by_urgency"][level]["mean"]
            assert mean == pytest.approx(sum(there) / len(there))
            assert min(there) > 0
        counts = figures["num_requests"]["by_urgency"]
        assert sum(count["mean"] for count in counts.values()) == pytest.approx(5)


def test_a_level_that_nobody_came_for_is_null_and_a_dash(capsys):
    options = [*FEW, "--urgencies", "0,1,1,1,0", "--policies", "fcfs,semantic"]
    (point,) = sweep(capsys, *options)["points"]
    nothing = {"mean": None, "low": None, "high": None}
    figures = point["policies"]["semantic"]
    assert figures["time_in_system_s"]["by_urgency"]["0"] == nothing
    assert figures["ttft_s"]["levels"]["4"]["p99"] == nothing
    assert figures["within_target"]["by_urgency"]["4"] == nothing
    assert figures["regret"]["up_to_urgency"]["0"] == nothing
    assert figures["regret"]["up_to_urgency"]["4"]["mean"] is not None
    assert figures["num_requests"]["by_urgency"]["0"]["mean"] == 0
    assert point["below"]["semantic"]["fcfs"]["by_urgency"]["0"] == nothing
    assert main(["sweep", *options]) == 0
    assert "level 0 –, total" in capsys.readouterr().out


def test_it_is_readable_too(capsys):
    assert main(["sweep", *SMALL, "--over", "length-error", "--values", "0,1"]) == 0
    shown = capsys.readouterr().out
    assert "length-error 1" in shown
    assert "semantic-plus below fcfs: level 0" in shown
    assert main(["sweep", *SMALL, "--seeds", "1", "--policies", "semantic"]) == 0


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (["--over", "weather"], "--over"), (["--over", "rate"], "--values"),
        (["--over", "rate", "--values", "1,2"], "--over rate: --kind paper does not use it"),
        (["--over", "max-per-gap", "--values", "1,2", "--kind", "day"], "--over max-per-gap"),
        (["--over", "burstiness", "--values", "1,2", "--kind", "poisson"], "--over burstiness"),
        (["--rate", "5"], "--rate"), (["--kind", "gamma", "--surge-at", "5"], "--surge-at"),
        (["--over", "rate", "--values", ""], "--values"),
        (["--over", "rate", "--values", "1,x"], "--values"),
        (["--over", "rate", "--values", "0"], "--values"),
        (["--over", "slots", "--values", "1.5"], "--values"),
        (["--over", "urgency-error", "--values", "1.1"], "--values"),
        (["--values", "1"], "--values"), (["--seeds", "0"], "--seeds"),
        (["--policies", "best"], "policy"), (["--policies", ""], "policies"),
        (["--policies", "fcfs,fcfs"], "policies"),
        (["--setting", "H100"], "setting"), (["--setting", "no/such.json"], "such.json"),
        (["--engines", "0"], "--engines"), (["--batching", "none"], "--batching"),
        (["--token-budget", "0"], "--token-budget"),
        (["--predictor-mode", "x"], "--predictor-mode"),
        (["--predictor-latency", "-1"], "--predictor-latency"),
        (["--predictor-batch", "0"], "--predictor-batch"), (["--targets", "1,2"], "--targets"),
        (["--targets", "0,1,1,1,1"], "--targets"), (["--jobs", "0"], "--jobs"),
    ],
)  # fmt: skip
def test_a_bad_option_is_one_sentence_that_names_it(capsys, options, field):
    assert main(["sweep", *options]) == 2
    error = capsys.readouterr().err
    assert field in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    "command", ["generate", "compare", "sweep", "plot", "scale", "engine-bench", "calibrate"]
)
def test_every_command_explains_itself(capsys, command):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert f"python -m scheduler {command}" in capsys.readouterr().out
