"""Workload files: what is written is read again; what is wrong is named with its field."""

import json

import pytest

from scheduler.cli import main
from scheduler.sim.workload import (
    Errors,
    Recipe,
    read_confusion,
    read_workload,
    stream_requests,
    uniform_confusion,
    write_workload,
)
from scheduler.sim.workload.errors import as_json

GOOD = {"arrival_s": 0, "urgency": 2, "prompt_tokens": 5, "output_tokens": 5}


@pytest.fixture
def workload():
    errors = Errors(uniform_confusion(0.2), 0.3)
    return Recipe(kind="gamma", num_requests=50, errors=errors).draw(4)


@pytest.mark.parametrize("ending", ["json", "jsonl", "ndjson"])
def test_what_is_written_is_read_again(tmp_path, workload, ending):
    path = tmp_path / f"w.{ending}"
    write_workload(workload, path)
    assert read_workload(path).requests == workload.requests


def test_json_keeps_the_name_and_the_slots(tmp_path, workload):
    path = tmp_path / "w.json"
    write_workload(workload, path)
    assert read_workload(path) == workload


def test_a_stream_gives_requests_before_it_has_read_the_end(tmp_path):
    path = tmp_path / "w.jsonl"
    path.write_text(json.dumps(GOOD) + "\n\n" + json.dumps(GOOD) + "\nbroken\n")
    requests = stream_requests(path)
    assert [next(requests).id, next(requests).id] == [0, 1]
    with pytest.raises(ValueError, match="line 4"):
        next(requests)


def test_missing_predictions_are_the_truth(tmp_path):
    path = tmp_path / "w.jsonl"
    path.write_text(json.dumps(GOOD))
    request = read_workload(path).requests[0]
    assert request.predicted_output_tokens == request.output_tokens
    assert request.seen_urgency == request.urgency
    assert request.id == 0


WRONG_FIELDS = [
    ("arrival_s", -1), ("arrival_s", None), ("arrival_s", "0"), ("arrival_s", True),
    ("arrival_s", 1e300), ("arrival_s", float("nan")), ("arrival_s", float("inf")),
    ("urgency", 5), ("urgency", -1), ("urgency", 1.5), ("urgency", False), ("urgency", [1]),
    ("prompt_tokens", 0), ("prompt_tokens", 1e9), ("prompt_tokens", 2.5), ("prompt_tokens", {}),
    ("output_tokens", 0), ("output_tokens", 10**400), ("output_tokens", True),
    ("predicted_output_tokens", -1), ("predicted_output_tokens", float("nan")),
    ("predicted_urgency", 9), ("predicted_urgency", "1"), ("id", -1), ("id", "a"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), WRONG_FIELDS)
@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_a_wrong_field_is_named_and_the_exit_status_is_2(tmp_path, capsys, ending, field, value):
    row = GOOD | {field: value}
    text = json.dumps({"requests": [row]} if ending == "json" else row)
    path = tmp_path / f"bad.{ending}"
    path.write_text(text)
    assert main(["compare", str(path)]) == 2
    error = capsys.readouterr().err
    assert f".{field}: " in error
    assert path.name in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("field", list(GOOD))
def test_a_missing_field_is_named(tmp_path, field):
    row = {name: value for name, value in GOOD.items() if name != field}
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({"requests": [row]}))
    with pytest.raises(ValueError, match=rf"requests\[0\]\.{field}: "):
        read_workload(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"requests": [' + b"9" * 5000 + b"]}", "too long"),
        (b"null", "requests"),
        (b"[]", "requests"),
        (b'{"requests": {}}', "requests"),
        (b'{"requests": [1]}', "requests[0]"),
        (b'{"requests": [], "setting": 5}', "setting"),
        (b'{"requests": [], "setting": {"slots": 0}}', "setting.slots"),
        (b'{"requests": [], "setting": {"slots": true}}', "setting.slots"),
        (b'{"requests": [], "setting": {"slots": 1e99}}', "setting.slots"),
        (b'{"requests": [], "name": 5}', "name"),
        (b'{"requests": [], "reported_mean_time_in_system_s": 1}', "reported_mean"),
    ],
)
def test_a_file_that_is_no_workload_is_one_sentence(tmp_path, capsys, content, said):
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    assert main(["compare", str(path)]) == 2
    error = capsys.readouterr().err
    assert "bad.json" in error
    assert said in error
    assert error.count("\n") == 1
    assert len(error) < 300


@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_a_name_may_be_there_once(tmp_path, ending):
    rows = [GOOD | {"id": 3}, GOOD | {"id": 3}]
    path = tmp_path / f"bad.{ending}"
    text = json.dumps({"requests": rows}) if ending == "json" else "\n".join(map(json.dumps, rows))
    path.write_text(text)
    with pytest.raises(ValueError, match=r"\.id: 3 is there twice"):
        read_workload(path)


def test_a_stream_must_be_in_order_and_a_json_file_is_put_in_order(tmp_path):
    rows = [GOOD | {"arrival_s": 5}, GOOD | {"arrival_s": 1}]
    stream, whole = tmp_path / "w.jsonl", tmp_path / "w.json"
    stream.write_text("\n".join(map(json.dumps, rows)))
    whole.write_text(json.dumps({"requests": rows}))
    with pytest.raises(ValueError, match=r"line 2\.arrival_s"):
        read_workload(stream)
    assert [request.arrival_s for request in read_workload(whole).requests] == [1, 5]


def test_a_folder_or_a_missing_file_is_one_sentence(tmp_path, capsys):
    for path in (tmp_path, tmp_path / "none.json", tmp_path / "none.jsonl"):
        assert main(["compare", str(path)]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_a_confusion_matrix_is_read_as_counts_shares_or_an_evaluation(tmp_path):
    counts = [[8, 2, 0, 0, 0], [0, 5, 5, 0, 0], [0, 0, 4, 0, 0], [0, 0, 0, 1, 0], [1, 1, 1, 1, 1]]
    evaluated = {"fused": {"by_level": {str(n): {"given": row} for n, row in enumerate(counts)}}}
    for content in (counts, {"confusion": counts}, evaluated):
        path = tmp_path / "c.json"
        path.write_text(json.dumps(content))
        matrix = read_confusion(path)
        assert matrix[0] == (0.8, 0.2, 0, 0, 0)
        assert matrix[4] == (0.2,) * 5
    path.write_text(as_json(matrix))
    assert read_confusion(path) == matrix


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("5", "five rows"), ("{}", "five rows"), ("[[1,0,0,0,0]]", "five rows"),
        ("[1,2,3,4,5]", r"\[0\]"), ("[[1,0,0,0]" + ",[1,0,0,0,0]" * 4 + "]", r"\[0\]"),
        ("[[1,0,0,0,0]" + ",[0,0,0,0,0]" * 4 + "]", r"\[1\]"),
        ("[[1,0,0,0,-1]" + ",[1,0,0,0,0]" * 4 + "]", r"\[0\]"),
        ("[[1,0,0,0,NaN]" + ",[1,0,0,0,0]" * 4 + "]", r"\[0\]"),
        ("[[1,0,0,0,true]" + ",[1,0,0,0,0]" * 4 + "]", r"\[0\]"),
        ('{"fused": {"by_level": {"0": {"given": [1,0,0,0,0]}}}}', r"fused\.by_level\[1\]"),
        ('{"fused": {"by_level": 7}}', "five rows"),
    ],
)  # fmt: skip
def test_a_wrong_confusion_matrix_is_named(tmp_path, content, said):
    path = tmp_path / "c.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=rf"c\.json: .*{said}"):
        read_confusion(path)
