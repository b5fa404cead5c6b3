"""Tables in plain text: shorthand (abbreviations.txt) and other languages (es, fr, de)."""

from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=8)
def entries(name: str) -> dict[str, str]:
    """What is written → what the model reads, from `name`.txt."""
    rows = (Path(__file__).parent / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    pairs = (row.split(" = ", 1) for row in rows if " = " in row and not row.startswith("#"))
    return {key.strip(): words.strip() for key, words in pairs}
