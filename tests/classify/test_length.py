"""Predicted lengths: from a table, corrected by what really came."""

import json

from triage.classify.length import DEFAULT_TOKENS, LengthPredictor

TABLE = {
    "overall": {"mean": 150, "p10": 90, "p90": 210},
    "by_complaint": {"burn": {"mean": 200, "p10": 180, "p90": 220}},
    "by_urgency": {"0": {"mean": 180, "p10": 1, "p90": 1}, "4": {"mean": 90, "p10": 1, "p90": 1}},
}


def test_without_a_table_it_still_answers():
    assert LengthPredictor.load(None).predict("m", "burn", 2).tokens == DEFAULT_TOKENS


def test_complaint_and_level_both_count(tmp_path):
    path = tmp_path / "lengths.json"
    path.write_text(json.dumps(TABLE))
    predictor = LengthPredictor.load(path)
    assert predictor.predict("m", "burn", 0).tokens == 240
    assert predictor.predict("m", "burn", 4).tokens == 120
    assert predictor.predict("m", "never seen", 4).tokens == 90


def test_it_learns_the_scale_of_another_model():
    predictor = LengthPredictor(dict(TABLE))
    before = predictor.predict("m", "burn", 0).tokens
    for _ in range(200):
        predictor.observe("burn", 480, 0)
    after = predictor.predict("m", "burn", 0)
    assert 1.8 * before < after.tokens < 2.1 * before
    assert after.low <= after.tokens <= after.high
