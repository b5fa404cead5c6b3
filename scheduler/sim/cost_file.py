"""Cost models by name or from a file, such as `calibrate` writes after measuring an engine."""

from pathlib import Path
from typing import Any

from scheduler.sim.cost import SETTINGS, CostModel
from scheduler.sim.workload.checks import is_number, load_json


def find_cost_model(text: str) -> CostModel:
    """One of the paper's settings by name, or the model in that JSON file.

    Raises ValueError for neither, naming the field that is wrong.
    """
    if text in SETTINGS:
        return SETTINGS[text]
    path = Path(text)
    if not path.suffix and not path.exists():
        raise ValueError(f"setting: {text!r} is no file and none of {', '.join(SETTINGS)}")
    return read_cost_model(path)


def read_cost_model(path: Path) -> CostModel:
    """The model in a JSON file: c1, c2, d1, d2 in seconds (docs/metrics.md), kv_tokens, and if
    they differ from the paper's block_tokens and load_s_per_token; other fields are ignored."""
    data = load_json(path)
    if not isinstance(data, dict):
        raise ValueError(f"{path.name}: an object is needed")

    def number(name: str, low: float, high: float, default: Any = None) -> float:
        value = data.get(name, default)
        if is_number(value, low, high):
            return float(value)
        raise ValueError(f"{path.name}: {name}: a number from {low:g} to {high:g} is needed")

    def whole(name: str, high: float, default: Any = None) -> int:
        value = number(name, 1, high, default)
        if value != int(value):
            raise ValueError(f"{path.name}: {name}: a whole number is needed")
        return int(value)

    plain = SETTINGS["A100-4B"]
    model = CostModel(
        name=str(data.get("name", path.stem)),
        c1=number("c1", 0, 1),
        c2=number("c2", 0, 10),
        d1=number("d1", 0, 1),
        d2=number("d2", 0, 100),
        kv_tokens=whole("kv_tokens", 1e12),
        block_tokens=whole("block_tokens", 1e6, plain.block_tokens),
        load_s_per_token=number("load_s_per_token", 0, 100, plain.load_s_per_token),
    )
    if not model.d1 and not model.d2:
        raise ValueError(f"{path.name}: d2: decoding must take some time")
    if model.kv_tokens < model.block_tokens:
        raise ValueError(f"{path.name}: kv_tokens: is less than one block")
    return model
