"""A file of messages, read with a sentence for every mistake in it."""

import pytest

from triage.llm.evaluation.cases import prepare, read_rows
from triage.llm.facts import PatientFacts


def _file(tmp_path, text):
    path = tmp_path / "messages.jsonl"
    path.write_text(text, encoding="utf-8")
    return path


def test_fields_are_read_and_left_out_ones_are_empty(tmp_path):
    rows = read_rows(
        _file(
            tmp_path,
            '{"id": 7, "text": "a", "age_years": 3, "sex": "M", "facts": {"age": "3 years"}}\n'
            '\n{"text": "b", "level": 4}\n',
        )
    )
    assert rows[0]["id"] == "7"
    assert (rows[0]["age_years"], rows[0]["sex"]) == (3.0, "male")
    assert rows[0]["facts"] == PatientFacts(age="3 years")
    assert (rows[1]["id"], rows[1]["location"], rows[1]["facts"]) == ("3", "", None)


@pytest.mark.parametrize(
    "line",
    ["{", "[]", '{"id": 1}', '{"text": "a", "sex": "x"}', '{"text": "a", "age_years": "old"}',
     '{"text": "a", "facts": {"shoe": "42"}}'],
)  # fmt: skip
def test_a_wrong_line_is_named(tmp_path, line):
    with pytest.raises(ValueError, match=r"messages\.jsonl, line 2"):
        read_rows(_file(tmp_path, f'{{"text": "a"}}\n{line}\n'))


def test_an_empty_file_is_said_to_be_empty(tmp_path):
    with pytest.raises(ValueError, match="holds no messages"):
        read_rows(_file(tmp_path, "\n"))


def test_level_card_and_facts_come_from_the_product(tmp_path):
    path = _file(tmp_path, '{"text": "my father, 70, scalded his arm with boiling water"}')
    (case,) = prepare(read_rows(path), None)
    assert case.grounds.card.slug == "burn"
    assert case.grounds.facts == PatientFacts("father", "male", "70 years", "")
    assert "scalded his arm" in case.messages[1]["content"]
