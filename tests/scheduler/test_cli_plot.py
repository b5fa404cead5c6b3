"""`plot`: every figure from what the other commands print; wrong files are named by their field."""

import builtins
import io
import json
import sys

import pytest

from scheduler.cli import main


@pytest.fixture(scope="module")
def figures():
    """What `sweep --json` prints, for two values, and for the one that `cdf` needs."""
    printed = {}
    for name, options in {
        "rate": ["--over", "rate", "--values", "3,30"],
        "policy": ["--cdf"],
    }.items():
        out, sys.stdout = sys.stdout, io.StringIO()
        try:
            common = ["--kind", "poisson", "--requests", "40", "--seeds", "2", "--json"]
            assert main(["sweep", *common, *options]) == 0
            printed[name] = json.loads(sys.stdout.getvalue())
        finally:
            sys.stdout = out
    printed["scale"] = {
        "sizes": [{"n": n, "push_us": 1.0, "pop_us": 2.0, "decision_us": 9.0} for n in (10, 100)]
    }
    return printed


CASES = [
    ("cdf", "policy", []), ("cdf", "policy", ["--metric", "waiting_s"]), ("lines", "rate", []),
    ("lines", "rate", ["--levels", "0,4", "--log", "--stat", "p99", "--metric", "slowdown"]),
    ("targets", "policy", ["--metric", "waiting_s", "--stat", "p99"]),
    ("targets", "rate", ["--value", "30"]), ("decision", "scale", []),
]  # fmt: skip


@pytest.mark.parametrize(("figure", "source", "options"), CASES)
def test_every_figure_can_be_drawn(tmp_path, capsys, figures, figure, source, options):
    path, out = tmp_path / "in.json", tmp_path / "new" / "out.svg"
    path.write_text(json.dumps(figures[source]))
    assert main(["plot", figure, str(path), "--out", str(out), *options]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    drawn = out.read_text()
    assert drawn.startswith("<?xml")
    names = ["whole decision"] if source == "scale" else list(figures["policy"]["points"][0]["cdf"])
    assert all(name in drawn for name in names)


@pytest.mark.parametrize("options", [["lines", "--levels", "0,2"], ["targets", "--value", "4"]])
def test_a_level_that_nobody_came_for_is_left_out(tmp_path, capsys, options):
    common = ["--kind", "poisson", "--requests", "9", "--seeds", "2", "--urgencies", "0,1,1,1,1"]
    assert main(["sweep", *common, "--over", "slots", "--values", "2,4", "--json"]) == 0
    path, out = tmp_path / "in.json", tmp_path / "out.svg"
    path.write_text(capsys.readouterr().out)
    kind, *rest = options
    assert main(["plot", kind, str(path), "--out", str(out), *rest]) == 0
    assert "semantic-plus" in out.read_text()


def test_the_same_data_give_the_same_file(tmp_path, figures):
    path = tmp_path / "in.json"
    path.write_text(json.dumps(figures["rate"]))
    for name in ("a.svg", "b.svg"):
        assert main(["plot", "lines", str(path), "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_the_standard_input_and_png_do_as_well(tmp_path, monkeypatch, figures):
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(figures["scale"])))
    assert main(["plot", "decision", "-", "--out", str(tmp_path / "d.png")]) == 0
    assert (tmp_path / "d.png").read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_it_says_what_to_do(tmp_path, monkeypatch, capsys, figures):
    real = builtins.__import__

    def without(name, *rest):
        if name.split(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *rest)

    path = tmp_path / "in.json"
    path.write_text(json.dumps(figures["rate"]))
    monkeypatch.setattr(builtins, "__import__", without)
    assert main(["plot", "lines", str(path), "--out", str(tmp_path / "a.svg")]) == 2
    error = capsys.readouterr().err
    assert "matplotlib" in error
    assert "make setup-dev" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("figure", "content", "said"),
    [
        ("cdf", "[]", "object"), ("cdf", "{", "JSON"), ("cdf", "{}", "points"),
        ("cdf", '{"points": []}', "points"), ("cdf", '{"points": [{}]}', "sweep --cdf"),
        ("cdf", '{"points": [{"cdf": {"a": {}}}]}', "points[0].cdf.a.time_in_system_s"),
        ("cdf", '{"points": [{"value": 1}, {"value": 2}]}', "--value"),
        ("lines", '{"over": 5}', "over"),
        ("lines", '{"over": "rate", "points": [{"value": NaN}]}', "points[0].value"),
        ("lines", '{"over": "rate", "points": [{"value": true}]}', "points[0].value"),
        ("lines", '{"over": "rate", "points": [{"value": 1, "policies": []}]}', "policies"),
        ("targets", '{"points": [{"value": 1}]}', "targets_s"),
        ("targets", '{"points": [{"value": 1}], "targets_s": [1]}', "targets_s"),
        ("decision", "{}", "scale --json"), ("decision", '{"sizes": {}}', "sizes"),
        ("decision", '{"sizes": [{"n": "9"}]}', "sizes[0].n"),
        ("decision", '{"sizes": [{"n": 9}]}', "sizes[0].decision_us"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_one_sentence_that_names_the_field(tmp_path, capsys, figure, content, said):
    path = tmp_path / "in.json"
    path.write_text(content)
    assert main(["plot", figure, str(path), "--out", str(tmp_path / "a.svg")]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["pie", "x", "--out", "a.svg"], "figure"), (["cdf", "x"], "--out"),
        (["cdf", "none.json", "--out", "a.svg"], "none.json"),
        (["lines", "x", "--out", "a.svg", "--levels", "7"], "--levels"),
        (["lines", "x", "--out", "a.svg", "--stat", "p98"], "--stat"),
    ],
)  # fmt: skip
def test_a_bad_option_is_one_sentence(capsys, options, said):
    assert main(["plot", *options]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_an_unknown_kind_of_file_is_refused(tmp_path, capsys, figures):
    path = tmp_path / "in.json"
    path.write_text(json.dumps(figures["scale"]))
    assert main(["plot", "decision", str(path), "--out", str(tmp_path / "a.gif")]) == 2
    assert ".svg" in capsys.readouterr().err
    assert not (tmp_path / "a.gif").exists()


def test_a_value_that_is_not_there_is_named(tmp_path, capsys, figures):
    path = tmp_path / "in.json"
    path.write_text(json.dumps(figures["rate"]))
    arguments = ["plot", "targets", str(path), "--out", str(tmp_path / "a.svg"), "--value", "7"]
    assert main(arguments) == 2
    assert "there are 3.0, 30.0" in capsys.readouterr().err
