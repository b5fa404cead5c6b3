"""`generate`: every kind, to JSON and JSONL; bad options are one sentence."""

import json

import pytest

from scheduler.cli import main
from scheduler.sim.workload import KINDS, read_workload


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", [[], ["--jsonl"]])
def test_every_kind_can_be_written_and_read(tmp_path, capsys, kind, form):
    size = ["--max-per-gap", "4"] if kind == "paper" else ["--requests", "30"]
    options = ["--kind", kind, *size, *(["--surge-requests", "5"] if kind == "surge" else [])]
    assert main(["generate", *options, *form, "--out", str(tmp_path / "new"), "--json"]) == 0
    (name,) = json.loads(capsys.readouterr().out)["files"]
    assert read_workload(tmp_path / "new" / name.rsplit("/", 1)[1]).requests


def test_a_seed_each_and_a_file_each(tmp_path, capsys):
    assert main(["generate", "--count", "3", "--seed", "5", "--out", str(tmp_path)]) == 0
    names = capsys.readouterr().out.split()
    assert len(set(names)) == 3
    assert all(f"seed{seed}" in name for seed, name in zip((5, 6, 7), names, strict=True))


def test_errors_of_prediction_reach_the_file(tmp_path, capsys):
    matrix = tmp_path / "measured.json"
    matrix.write_text(json.dumps([[0, 1, 0, 0, 0]] * 5))
    options = ["--kind", "poisson", "--urgency-error", str(matrix), "--length-error", "0.5"]
    assert main(["generate", *options, "--name", "w", "--out", str(tmp_path)]) == 0
    requests = read_workload(tmp_path / "w.json").requests
    assert {request.predicted_urgency for request in requests} == {1}
    assert any(request.predicted_output_tokens != request.output_tokens for request in requests)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (["--count", "0"], "--count"), (["--count", "x"], "--count"), (["--seed", "-1"], "--seed"),
        (["--kind", "storm"], "--kind"), (["--rate", "0"], "--rate"), (["--rate", "nan"], "--rate"),
        (["--rate", "inf"], "--rate"), (["--requests", "1.5"], "--requests"),
        (["--requests", "9" * 5000], "--requests"), (["--burstiness", "-1"], "--burstiness"),
        (["--swing", "2"], "--swing"), (["--gap", "-1"], "--gap"),
        (["--urgencies", "1,2,3"], "--urgencies"), (["--urgencies", "0,0,0,0,0"], "--urgencies"),
        (["--urgency-error", "1.5"], "--urgency-error"),
        (["--urgency-error", "nan"], "--urgency-error"),
        (["--urgency-error", "no-such-file"], "no-such-file"),
        (["--length-error", "-0.1"], "--length-error"), (["--slots", "0"], "--slots"),
        (["--output-tokens", "normal:5"], "--output-tokens"),
        (["--prompt-tokens", "uniform:9:1"], "--prompt-tokens"),
        (["--name", "a/b"], "name"), (["--name", "a", "--count", "2"], "name"),
        (["--unknown"], "--unknown"),
    ],
)  # fmt: skip
def test_a_bad_option_is_one_sentence_that_names_it(tmp_path, capsys, options, field):
    assert main(["generate", "--out", str(tmp_path), *options]) == 2
    error = capsys.readouterr().err
    assert field in error
    assert error.count("\n") == 1
    assert len(error) < 300
    assert not list(tmp_path.iterdir())


USED_BY = {
    "--requests": ("poisson", "gamma", "day", "surge"),
    "--rate": ("poisson", "gamma", "day", "surge"),
    "--burstiness": ("gamma",), "--day": ("day",), "--swing": ("day",),
    "--surge-at": ("surge",), "--surge-requests": ("surge",), "--surge-span": ("surge",),
    "--max-per-gap": ("paper",), "--gap": ("paper",),
    "--prompt-tokens": KINDS, "--output-tokens": KINDS, "--urgencies": KINDS,
    "--urgency-error": KINDS, "--length-error": KINDS, "--bucket": KINDS, "--slots": KINDS,
}  # fmt: skip
VALUES = {"--prompt-tokens": "fixed:9", "--output-tokens": "fixed:9", "--urgencies": "1,2,3,4,5"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("option", USED_BY)
def test_an_option_changes_the_workload_or_is_refused(tmp_path, capsys, kind, option):
    def drawn(name, *more):
        small = ["--max-per-gap", "9"] if kind == "paper" else ["--requests", "40"]
        given = [] if option == small[0] else small
        command = ["generate", "--kind", kind, "--name", name, "--out", str(tmp_path)]
        code = main([*command, *given, *more])
        return code, capsys.readouterr().err

    changed, error = drawn("changed", option, VALUES.get(option, "1"))
    if kind not in USED_BY[option]:
        assert changed == 2
        assert f"argument {option}: --kind {kind} does not use it" in error
        assert error.count("\n") == 1
        assert not list(tmp_path.iterdir())
        return
    assert drawn("plain") == (changed, error) == (0, "")
    plain, other = (json.loads((tmp_path / f"{name}.json").read_text())
                    for name in ("plain", "changed"))  # fmt: skip
    assert (plain["requests"], plain["setting"]) != (other["requests"], other["setting"])


def test_the_folder_cannot_be_a_file(tmp_path, capsys):
    taken = tmp_path / "file"
    taken.write_text("")
    assert main(["generate", "--out", str(taken)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
