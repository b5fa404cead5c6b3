"""Cost models in files: what `calibrate` writes is read; what is wrong is named."""

import json

import pytest

from scheduler.sim.cost import SETTINGS
from scheduler.sim.cost_file import find_cost_model, read_cost_model

GOOD = {"name": "mine", "c1": 1e-7, "c2": 1e-4, "d1": 1e-6, "d2": 0.01, "kv_tokens": 8192}


@pytest.mark.parametrize("name", list(SETTINGS))
def test_the_papers_settings_are_known_by_name(name):
    assert find_cost_model(name) is SETTINGS[name]


def test_a_measured_model_is_read_with_what_else_was_measured_left_alone(tmp_path):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(GOOD | {"block_tokens": 16, "measured": {"slots": 8}}))
    model = find_cost_model(str(path))
    assert (model.name, model.c1, model.d2, model.block_tokens) == ("mine", 1e-7, 0.01, 16)
    assert model.load_s_per_token == SETTINGS["A100-4B"].load_s_per_token


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("c1", -1), ("c2", "fast"), ("d1", float("nan")), ("d2", True), ("kv_tokens", 0),
        ("kv_tokens", 4096.5), ("kv_tokens", 10**400), ("kv_tokens", 31), ("block_tokens", 0),
        ("block_tokens", None), ("load_s_per_token", float("inf")), ("c1", None),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(tmp_path, field, value):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(GOOD | {field: value}))
    with pytest.raises(ValueError, match=rf"model\.json: {field}: "):
        read_cost_model(path)


def test_an_engine_without_time_is_refused(tmp_path):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(GOOD | {"d1": 0, "d2": 0}))
    with pytest.raises(ValueError, match="d2"):
        read_cost_model(path)


@pytest.mark.parametrize("text", ["H100", "none.json", "", "."])
def test_what_is_neither_a_name_nor_a_file_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        find_cost_model(text)
