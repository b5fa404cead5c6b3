"""Spelled-out numbers as digits, character for character, so that spans still fit."""

import re

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905
_VALUE = {word: number for number, word in enumerate(_ONES)}
_VALUE |= {word: 20 + 10 * number for number, word in enumerate(_TENS)}
_ONE = "|".join(_ONES[1:10])
_UNDER_100 = rf"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{_ONE}))?|{'|'.join(_ONES[::-1])})"
_NUMBER = re.compile(
    rf"\b(?:(?:a|one|two) hundred(?: and)? {_UNDER_100}|(?:a|one|two) hundred"
    rf"|one[ -]{_UNDER_100}|{_UNDER_100})(?: point {_UNDER_100})?\b",
    re.IGNORECASE,
)


def digits(text: str) -> str:
    """The text with "one-eighteen" as "118" and spaces up to its old length."""
    return _NUMBER.sub(lambda found: _digits(found.group()).ljust(len(found.group())), text)


def spelled_end(text: str, end: int) -> int:
    """Where the words end whose digits end at `end` of `digits(text)`; `end` for plain digits."""
    for match in _NUMBER.finditer(text):
        if match.start() + len(_digits(match.group())) == end:
            return match.end()
    return end


def _digits(words: str) -> str:
    whole, _point, part = words.lower().partition(" point ")
    total = _under_1000(whole)
    return f"{total}.{_under_1000(part)}" if part else str(total)


def _under_1000(words: str) -> int:
    parts = [part for part in re.split(r"[ -]", words) if part not in ("and", "")]
    if "hundred" in parts:
        at = parts.index("hundred")
        first = 1 if parts[0] == "a" else _VALUE[parts[0]]
        return 100 * first + sum(_VALUE[part] for part in parts[at + 1 :])
    values = [_VALUE[part] for part in parts]
    if len(values) > 1 and values[0] == 1:  # "one-eighteen", "one twenty-two"
        return 100 + sum(values[1:])
    return sum(values)
