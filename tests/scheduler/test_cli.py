"""The command line: the agreed shapes, and one sentence for bad input."""

import json
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
     ["generate", "--count", "0"]],
)  # fmt: skip
def test_bad_values_are_one_sentence(arguments, capsys):
    assert main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1
