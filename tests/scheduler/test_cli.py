"""The command line: the agreed shapes, and one sentence for bad input."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scheduler.cli import main


@pytest.fixture
def workload(tmp_path, capsys):
    assert main(["generate", "--max-per-gap", "4", "--out", str(tmp_path)]) == 0
    return capsys.readouterr().out.strip()


def test_compare_has_the_agreed_shape(workload, capsys):
    assert main(["compare", workload, "--json"]) == 0
    entry = json.loads(capsys.readouterr().out)["files"][0]
    assert entry["file"] == workload
    assert entry["wall_s"] > 0
    times = entry["policies"]["semantic-plus"]["time_in_system_s"]
    assert set(times["by_urgency"]) == set("01234")
    assert times["total"] == pytest.approx(times["mean"] * _count(workload))


def _count(path):
    return len(json.loads(Path(path).read_text())["requests"])


def test_compare_is_readable_too(workload, capsys):
    assert main(["compare", workload, "--policies", "fcfs"]) == 0
    assert "fcfs" in capsys.readouterr().out


def test_scale_has_the_agreed_shape(capsys):
    assert main(["scale", "--sizes", "1000,5000", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["sizes"]
    assert [row["n"] for row in rows] == [1000, 5000]
    assert all({"push_us", "pop_us", "decision_us"} <= set(row) for row in rows)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("{", "JSON"),
        ("[]", "requests"),
        ('{"requests": [1]}', "requests[0]"),
        ('{"requests": [{"arrival_s": 0}]}', "output_tokens"),
        ('{"requests": [{"arrival_s": -1, "output_tokens": 5}]}', "arrival_s"),
        (
            '{"requests": [{"arrival_s": 0, "output_tokens": 5, "prompt_tokens": 5,'
            ' "urgency": 9}]}',
            "urgency",
        ),
        ('{"setting": {"slots": 0}, "requests": []}', "setting.slots"),
    ],
)
def test_a_bad_file_is_named_with_its_field(tmp_path, capsys, content, field):
    path = tmp_path / "bad.json"
    path.write_text(content)
    assert main(["compare", str(path)]) == 2
    error = capsys.readouterr().err
    assert "bad.json" in error
    assert field in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [["compare", "no-such-file"], ["compare", "x", "--setting", "H100"],
     ["compare", "x", "--policies", "best"], ["scale", "--sizes", "many"],
     ["generate", "--count", "0"], ["compare", "x", "--slots", "0"],
     ["generate", "--slots", "64", "--jsonl"], ["simulate", "--requests", "50", "--rate", "10"]],
)  # fmt: skip
def test_bad_values_are_one_sentence(arguments, capsys):
    assert main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_scale_tells_what_a_decision_held(capsys):
    assert main(["scale", "--sizes", "2000", "--slots", "64", "--json"]) == 0
    [row] = json.loads(capsys.readouterr().out)["sizes"]
    assert row["admissions"] >= 4  # several of them: it is a whole decision
    assert row["preemptions"] >= 2
    assert 0 < row["push_us"] < row["decision_us"] <= row["decision_p99_us"]
    assert row["pop_alone_us"] > 0
    assert row["merge_us"] > 0


def test_simulate_shows_one_policy_on_many_engines(workload, capsys):
    assert main(["simulate", workload, "--engines", "3", "--policy", "semantic", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["policy"], found["engines"]) == ("semantic", 3)
    assert found["requests"] == _count(workload) == found["figures"]["num_requests"]["total"]
    assert found["peak_memory_bytes"] > 10**6


def test_simulate_draws_a_workload_when_there_is_no_file(capsys):
    drawn = ["simulate", "--kind", "poisson", "--requests", "50", "--rate", "5"]
    assert main(drawn) == 0
    assert "50 requests under semantic-plus" in capsys.readouterr().out


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_slots_given_count_instead_of_those_of_the_file(tmp_path, capsys, form):
    path = str(tmp_path / f"w.{form}")
    drawn = ["generate", "--max-per-gap", "4", "--out", str(tmp_path), "--name", "w"]
    assert main(drawn + {"json": ["--slots", "5"], "jsonl": ["--jsonl"]}[form]) == 0
    capsys.readouterr()

    def of_simulate(*options):
        assert main(["simulate", path, "--policy", "fcfs", "--json", *options]) == 0
        found = json.loads(capsys.readouterr().out)
        return found["slots"], found["figures"]["time_in_system_s"]["total"]

    def of_compare(*options):
        assert main(["compare", path, "--policies", "fcfs", "--json", *options]) == 0
        [entry] = json.loads(capsys.readouterr().out)["files"]
        return entry["policies"]["fcfs"]["time_in_system_s"]["total"]

    plain, fewer = of_simulate(), of_simulate("--slots", "2")
    assert (plain[0], fewer[0]) == ({"json": 5, "jsonl": 16}[form], 2)
    assert plain[1] < fewer[1]
    assert of_compare() == plain[1]
    assert of_compare("--slots", "2") == fewer[1]


@pytest.mark.parametrize(
    "option",
    [["--rate", "4"], ["--seed", "0"], ["--requests", "1000"], ["--kind", "paper"],
     ["--urgency-error", "0"], ["--bucket", "0"], ["--max-per-gap", "50"]],
)  # fmt: skip
def test_a_file_is_not_drawn_so_options_for_that_are_refused(workload, capsys, option):
    assert main(["simulate", workload, *option]) == 2
    error = capsys.readouterr().err
    assert f"argument {option[0]}: " in error
    assert Path(workload).name in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("batching", ["continuous", "chunked", "phases"])
def test_compare_knows_every_batching(workload, capsys, batching):
    assert main(["compare", workload, "--batching", batching, "--json"]) == 0
    [entry] = json.loads(capsys.readouterr().out)["files"]
    assert list(entry["policies"]) == ["fcfs", "sjf", "priority", "semantic", "semantic-plus"]


def test_a_policy_of_ones_own_is_one_small_file_and_a_name(workload, tmp_path):
    """From another folder, as a user would: nothing of ours is touched."""
    (tmp_path / "mine.py").write_text(
        "from scheduler import Policy\n\n\n"
        "class ShortestPrompt(Policy):\n"
        '    name = "shortest-prompt"\n\n'
        "    def key(self, job):\n"
        "        return (job.urgency, job.prompt_tokens, job.arrival_s)\n"
    )
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-m", "scheduler", "compare", workload, "--json",
         "--policies", "fcfs,mine:ShortestPrompt"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": root}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    [entry] = json.loads(done.stdout)["files"]
    times = {name: figures["time_in_system_s"]["by_urgency"]["0"]
             for name, figures in entry["policies"].items()}  # fmt: skip
    assert times["mine:ShortestPrompt"] < times["fcfs"]


def test_a_variant_with_the_name_of_a_built_in_stands_beside_it(
    workload, tmp_path, monkeypatch, capsys
):
    (tmp_path / "variant_of_ours.py").write_text(
        "from scheduler.policies.semantic_plus import SemanticPlus\n\n\n"
        "class LastComeFirst(SemanticPlus):\n"
        "    def key(self, job):\n"
        "        return (-job.urgency, -job.arrival_s)\n\n"
        "    def preempts(self, waiting, running):\n"
        "        return False\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    variant = "variant_of_ours:LastComeFirst"

    def served(policies):
        assert main(["compare", workload, "--policies", policies, "--json"]) == 0
        [entry] = json.loads(capsys.readouterr().out)["files"]
        return entry["policies"]

    alone = served("semantic-plus") | served(variant)
    assert served(f"semantic-plus,{variant}") == served(f"{variant},semantic-plus") == alone
    assert alone["semantic-plus"] != alone[variant]
    assert main(["simulate", workload, "--policy", variant, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["policy"] == variant


@pytest.mark.parametrize("level", ["5", "-1", "1.5", "None"])
def test_a_policys_level_out_of_range_is_one_sentence(
    workload, tmp_path, monkeypatch, capsys, level
):
    module = "levels_" + "".join(filter(str.isalnum, level))
    (tmp_path / f"{module}.py").write_text(
        "from scheduler.policies.fcfs import Fcfs\n\n\n"
        "class Odd(Fcfs):\n"
        "    def level(self, job):\n"
        f"        return {level}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert main(["compare", workload, "--policies", f"fcfs,{module}:Odd"]) == 2
    error = capsys.readouterr().err
    assert f"level() of Odd is {level} for request" in error
    assert "from 0 to 4" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "field"),
    [(["--policies", "no_such_module:X"], "policy"), (["--policies", ","], "policies"),
     (["--engines", "0"], "engines"), (["--batching", "phases", "--engines", "2"], "engines"),
     (["--predictor-latency", "-1"], "predictor-latency"),
     (["--token-budget", "0"], "token-budget")],
)  # fmt: skip
def test_a_wrong_option_is_named(workload, capsys, arguments, field):
    assert main(["compare", workload, *arguments]) == 2
    error = capsys.readouterr().err
    assert field in error
    assert error.count("\n") == 1


REFERENCE_LIKE = [(0, 50), (1, 50), (2, 50)]  # seeds and sizes of the paper's generator


@pytest.mark.parametrize(("seed", "max_per_gap"), REFERENCE_LIKE)
def test_the_papers_comparison_comes_out_as_claimed(tmp_path, capsys, seed, max_per_gap):
    drawn = ["generate", "--seed", str(seed), "--max-per-gap", str(max_per_gap)]
    assert main([*drawn, "--out", str(tmp_path)]) == 0
    path = capsys.readouterr().out.strip()
    assert main(["compare", path, "--json"]) == 0
    [entry] = json.loads(capsys.readouterr().out)["files"]
    level_0 = {name: figures["time_in_system_s"]["by_urgency"]["0"]
               for name, figures in entry["policies"].items()}  # fmt: skip
    total = {name: figures["time_in_system_s"]["total"]
             for name, figures in entry["policies"].items()}  # fmt: skip
    for name in ("semantic", "semantic-plus"):
        assert level_0[name] <= 0.20 * level_0["fcfs"]
        assert level_0[name] <= 0.53 * level_0["sjf"]
        assert level_0[name] <= 0.90 * level_0["priority"]
        assert total[name] < min(total["fcfs"], total["priority"])
