"""Predicted lengths: from a table, corrected by what really came."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from triage.classify.length import (
    BOUNDS,
    DEFAULT_TOKENS,
    WINDOW,
    Correction,
    Features,
    LengthPredictor,
    kendall_tau,
)

TABLE = {
    "cells": {"burn/0": 240, "burn/4": 120},
    "levels": {"0": 220, "1": 200, "2": 180, "3": 150, "4": 110},
    "tokens_per_fact_char": 0.3,
    "mean_fact_chars": 10,
    "tokens_per_card_char": 0.1,
    "mean_card_chars": 600,
    "spread": [0.9, 1.1],
}
PREDICTOR = LengthPredictor(TABLE)


def _tokens(predictor=PREDICTOR, correction=None, **values):
    features = Features(**{"card": "burn", "urgency": 0, "num_fact_chars": 10, **values})
    return predictor.predict(features, correction or Correction()).tokens


def test_without_a_table_it_still_answers():
    assert _tokens(LengthPredictor.load(None)) == DEFAULT_TOKENS


def test_card_level_and_facts_all_count(tmp_path):
    path = tmp_path / "lengths.json"
    path.write_text(json.dumps(TABLE))
    predictor = LengthPredictor.load(path)
    assert _tokens(predictor) == 240
    assert _tokens(predictor, urgency=4) == 120
    assert _tokens(predictor, num_fact_chars=40) == 249


def test_a_card_that_was_never_measured_goes_by_its_length():
    assert _tokens(card="new", num_card_chars=600) == 220
    assert _tokens(card="new", num_card_chars=900) == 250
    assert _tokens(card="new") == 220


def test_it_learns_the_scale_of_another_model():
    features = Features("burn", 0, 600, 10)
    before = PREDICTOR.predict(features)
    after = PREDICTOR.predict(features, Correction((2.0,) * 200))
    assert before.baseline == after.baseline == before.tokens
    assert 1.85 * before.tokens < after.tokens <= 2 * before.tokens
    assert after.low <= after.tokens <= after.high


def test_a_few_drafts_count_little_and_one_runaway_does_not_rule():
    assert 1 < Correction((2.0,)).scale < 1.1
    assert Correction((10_000.0,)).scale == Correction((BOUNDS[1],)).scale
    assert Correction((1.0,) * WINDOW + (9.0,) * 500).scale == pytest.approx(1)


def test_the_interval_widens_for_a_model_that_strays():
    features = Features("burn", 0, 600, 10)
    steady = PREDICTOR.predict(features, Correction((1.0,) * 100))
    straying = PREDICTOR.predict(features, Correction((0.5, 1.0, 2.0) * 33))
    assert straying.high - straying.low > 2 * (steady.high - steady.low)


@given(st.lists(st.floats(0.001, 1000), max_size=300), st.integers(0, 400))
def test_any_observations_give_a_sound_prediction(ratios, chars):
    found = PREDICTOR.predict(Features("burn", 0, 600, chars), Correction(tuple(ratios)))
    assert 1 <= found.low <= found.tokens <= found.high
    assert BOUNDS[0] * found.baseline <= found.tokens + 1 <= BOUNDS[1] * found.baseline + 2


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=40))
def test_kendalls_tau_is_scipys(pairs):
    first, second = zip(*pairs, strict=True)
    expected = kendalltau(first, second).statistic
    assert kendall_tau(first, second) == pytest.approx(expected if expected == expected else 0.0)
