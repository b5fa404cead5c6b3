"""Labelled messages for evaluation, read and checked line by line."""

import json
from pathlib import Path
from typing import Any

from triage.classify.types import LEAST_URGENT, MOST_URGENT


def read_cases(path: Path) -> list[dict[str, Any]]:
    """The cases of a file, one JSON object a line: `text`, `level`, and optionally `id`,
    `level_low`, `level_high`, `tags`, `age_years`, `sex`.

    Raises ValueError naming the line and the field that is wrong, OSError when the file cannot
    be read.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not UTF-8 text ({error.reason})") from error
    cases = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            cases.append(_case(json.loads(line), number))
        except json.JSONDecodeError as error:
            raise ValueError(f"{path.name}, line {number}: no JSON ({error.msg})") from error
        except ValueError as error:
            raise ValueError(f"{path.name}, line {number}: {error}") from error
        except RecursionError as error:
            raise ValueError(f"{path.name}, line {number}: nested too deeply") from error
    if not cases:
        raise ValueError(f"{path.name} holds no cases")
    return cases


def _case(row: Any, number: int) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise ValueError("not a JSON object")
    text = row.get("text")
    if not isinstance(text, str):
        raise ValueError("field text is missing or no string")
    level = _level(row, "level", None)
    low, high = _level(row, "level_low", level), _level(row, "level_high", level)
    if not low <= level <= high:
        raise ValueError(f"field level_low or level_high: {level} is not within {low} to {high}")
    return {
        "id": str(row.get("id", number)),
        "text": text,
        "level": level,
        "level_low": low,
        "level_high": high,
        "tags": _tags(row),
        "age_years": _age(row),
        "sex": row["sex"] if isinstance(row.get("sex"), str) else "",
    }


def _level(row: dict[str, Any], name: str, default: int | None) -> int:
    value = row.get(name)
    if value is None:
        value = default
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or value not in range(MOST_URGENT, LEAST_URGENT + 1):
        raise ValueError(f"field {name} is no whole number from 0 to 4")
    return int(value)


def _tags(row: dict[str, Any]) -> list[str]:
    tags = row.get("tags") or []
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ValueError("field tags is no list of strings")
    return tags


def _age(row: dict[str, Any]) -> float | None:
    value = row.get("age_years")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 130:
        raise ValueError("field age_years is no number from 0 to 130")
    return float(value)
