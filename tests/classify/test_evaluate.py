"""The evaluation: its figures by hand, and what it refuses."""

import json

import pytest

from triage.classify.cases import read_cases
from triage.classify.counterfactual import swap_age, swap_sex
from triage.classify.evaluate import evaluate, figures, main


def _case(level, text="x", **more):
    case = {"id": "1", "text": text, "level": level, "level_low": level, "level_high": level}
    return case | {"tags": [], "age_years": None, "sex": ""} | more


def test_figures_are_what_their_names_say():
    cases = [_case(0), _case(0), _case(1), _case(3), _case(4)]
    found = figures(cases, [0, 1, 2, 1, 4])
    assert found["n"] == 5
    assert found["exact"] == 0.4
    assert found["within_one"] == 0.8
    assert found["under_triage"] == pytest.approx(1 / 3, abs=1e-4)
    assert found["missed_immediate"] == 0.5
    assert found["over_triage"] == 0.5


def test_a_range_counts_as_in_range():
    case = _case(2) | {"level_low": 1}
    assert figures([case], [1])["in_range"] == 1.0
    assert figures([case], [1])["exact"] == 0.0


def test_perfect_agreement_has_kappa_one():
    assert figures([_case(0), _case(4)], [0, 4])["weighted_kappa"] == 1.0


def test_it_reports_each_voice_alone_without_a_model():
    cases = [_case(0, "he is not breathing", tags=["panic"]), _case(4, "refill please")]
    result = evaluate(cases, None)
    assert set(result) == {"fused", "model", "rules"}
    assert result["rules"]["missed_immediate"] == 0.0
    assert result["fused"]["by_tag"]["panic"]["n"] == 1
    named = {
        "n",
        "exact",
        "in_range",
        "within_one",
        "under_triage",
        "missed_immediate",
        "over_triage",
        "weighted_kappa",
        "ece",
        "by_level",
        "by_tag",
        "latency_ms",
    }
    for voice in result.values():
        assert named <= set(voice)
        assert {"p50", "p99"} <= set(voice["latency_ms"])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "no JSON"),
        ("[1]", "not a JSON object"),
        ("null", "not a JSON object"),
        ('{"level": 1}', "field text"),
        ('{"text": 5, "level": 1}', "field text"),
        ('{"text": "a"}', "field level "),
        ('{"text": "a", "level": 7}', "field level "),
        ('{"text": "a", "level": true}', "field level "),
        ('{"text": "a", "level": "high"}', "field level "),
        ('{"text": "a", "level": 1.5}', "field level "),
        ('{"text": "a", "level": NaN}', "field level "),
        ('{"text": "a", "level": 1, "level_low": 2}', "field level_low"),
        ('{"text": "a", "level": 1, "level_high": []}', "field level_high"),
        ('{"text": "a", "level": 1, "tags": "x"}', "field tags"),
        ('{"text": "a", "level": 1, "age_years": "old"}', "field age_years"),
    ],
)
def test_a_wrong_line_is_refused_by_number_and_field(tmp_path, line, said, capsys):
    path = tmp_path / "cases.jsonl"
    path.write_text('{"text": "a", "level": 1}\n\n' + line)
    assert main([str(path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("evaluate_urgency:")
    assert "line 3" in error
    assert said in error


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe\x00", None])
def test_a_file_without_cases_is_refused_with_a_sentence(tmp_path, content, capsys):
    path = tmp_path / "cases.jsonl"
    if content is not None:
        path.write_bytes(content)
    assert main([str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_odd_but_valid_rows_are_evaluated(tmp_path):
    rows = [
        {"text": "", "level": 1},
        {"text": "\u2028 \x00", "level": 1.0, "tags": None, "id": 7},
        {"text": "x" * 5000, "level": 1, "sex": 3},
        {"text": "\ud83d\ude91", "level": 1, "extra": {}},
    ]
    path = tmp_path / "cases.jsonl"
    path.write_text("\ufeff" + "\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    assert evaluate(read_cases(path), None)["fused"]["n"] == 4


def test_missing_ranges_are_the_level_itself(tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps({"id": "a", "text": "b", "level": 3}))
    assert read_cases(path)[0]["level_low"] == 3


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("He hurt his knee", "She hurt her knee"),
        ("my wife fell, 40M", "my husband fell, 40F"),
        ("she is 20 weeks pregnant", "she is 20 weeks pregnant"),
    ],
)
def test_sex_is_swapped_only_where_it_says_nothing(text, swapped):
    assert swap_sex(text) == swapped


def test_ages_move_within_their_band():
    assert swap_age("34 year old, 8 year old, 80 yo") == "37 year old, 8 year old, 80 yo"
