"""Reading JSON that somebody else wrote: every failure is one sentence that names the field."""

import json
import math
from pathlib import Path
from typing import Any, TypeGuard


def load_json(path: Path) -> Any:
    """The content of a JSON file. Raises ValueError naming the file."""
    return parse_json(read_text(path), path.name)


def read_text(path: Path) -> str:
    """The text of a file. Raises ValueError when it cannot be read or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ValueError(f"{path.name}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name}: is not UTF-8 (byte {error.start})") from error


def parse_json(text: str, where: str) -> Any:
    """The value of a JSON text. Raises ValueError that begins with `where`."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{error.msg}, line {error.lineno} column {error.colno}"
        raise ValueError(f"{where}: is not JSON ({place})") from error
    except RecursionError as error:
        raise ValueError(f"{where}: is nested too deeply") from error
    except ValueError as error:  # a whole number of thousands of digits
        raise ValueError(f"{where}: holds a number that is too long") from error


def is_number(value: Any, low: float, high: float) -> TypeGuard[float]:
    """True for a finite number within the bounds; a boolean is none."""
    # Bounds first: math.isfinite overflows on a whole number too large for a float.
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and low <= value <= high
        and math.isfinite(value)
    )
