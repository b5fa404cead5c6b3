"""Vital signs written in the message, and the least urgent level they allow.

The score is NEWS2 (Royal College of Physicians, 2017) for 16 years and older; for children,
limits by age after the ESI Handbook's danger-zone vitals and PALS tables. Seven or more NEWS2
points or one extreme value is level 1, collapse values level 0. Normal vitals lower nothing.
"""

import re
from dataclasses import dataclass

from triage.classify.types import Evidence, Voice

ADULT_FROM_YEARS = 16
_NUMBER = r"(\d{1,3}(?:[.,]\d)?)"
_SEP = r"\s*(?:is|of|was|at|:|=|reads|rate)?\s*"


@dataclass(frozen=True, slots=True)
class Vitals:
    """Readings by name with the characters they stand at; what is absent was not said."""

    values: dict[str, float]  # hr /min, rr /min, spo2 %, sbp mmHg, temp °C, gcs 3–15
    spans: dict[str, tuple[int, int]]


_PATTERNS = {
    "spo2": rf"\b(?:spo2|sp02|sats?|o2 ?sat\w*|o2|oxygen|saturation|sättigung)\b{_SEP}{_NUMBER}",
    "hr": rf"\b(?:hr|heart rate|pulse|puls|pouls|pulso|herzfrequenz|fc)\b{_SEP}(\d{{2,3}})\b",
    "rr": rf"\b(?:rr|resps?|resp rate|respiratory rate|breathing rate)\b{_SEP}(\d{{1,2}})\b",
    "sbp": rf"\b(?:bp|blood pressure|ta|tension|pa)\b{_SEP}(\d{{2,3}})\s*(?:/|over)\s*\d{{2,3}}",
    "temp": r"\b(?:t|temp|temperature|fever|fieber|fiebre|fi[èe]vre)\b"
    rf"{_SEP}(?:de |von |of )?((?:3\d|4[0-3]|9\d|10\d)(?:[.,]\d)?)(?![\d/])",
    "gcs": r"\bgcs\s*(?:of|is|:|=)?\s*(\d{1,2})\b",
}  # fmt: skip
_COMPILED = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _PATTERNS.items()}
_PLAUSIBLE = {
    "spo2": (30, 100),
    "hr": (0, 300),
    "rr": (0, 90),
    "sbp": (30, 300),
    "temp": (24, 44),
    "gcs": (3, 15),
}
_AGE = re.compile(
    r"\b(\d{1,3})\s*[- ]?(?:years?[- ]?old|yrs?[- ]?old|yo|y/o|y\.o\.|ans|años|jahre)\b"
    r"|\b(\d{1,3})\s?[MF]\b|\bage(?:d)?\s*(\d{1,3})\b"
    r"|\b(\d{1,2})\s*[- ]?(months?|weeks?|days?)[- ]?old\b",
    re.IGNORECASE,
)
# (youngest age in years, HR above, RR above, systolic BP below)
_CHILD_LIMITS = ((0.0, 180, 60, 60), (0.25, 170, 50, 70), (1, 150, 40, 72), (3, 140, 34, 76),
                 (6, 130, 30, 82), (10, 120, 26, 88))  # fmt: skip


def parse_vitals(text: str) -> Vitals:
    """Every plausible reading in the text; the worst one when a sign is given twice."""
    values: dict[str, float] = {}
    spans: dict[str, tuple[int, int]] = {}
    for name, pattern in _COMPILED.items():
        for match in pattern.finditer(text):
            value = float(match.group(1).replace(",", "."))
            if name == "temp" and value > 50:
                value = (value - 32) / 1.8
            low, high = _PLAUSIBLE[name]
            if low <= value <= high and (name not in values or _worse(name, value, values[name])):
                values[name], spans[name] = value, match.span()
    return Vitals(values, spans)


def _worse(name: str, new: float, old: float) -> bool:
    middle = {"spo2": 100, "hr": 75, "rr": 16, "sbp": 125, "temp": 37, "gcs": 15}[name]
    return abs(new - middle) > abs(old - middle)


def parse_age(text: str) -> float | None:
    """The first age in the text, in years, or None."""
    match = _AGE.search(text)
    if not match:
        return None
    years = match.group(1) or match.group(2) or match.group(3)
    if years:
        return float(years) if float(years) <= 120 else None
    per_year = {"m": 12.0, "w": 52.0, "d": 365.0}[match.group(5)[0].lower()]
    return float(match.group(4)) / per_year


def news2(values: dict[str, float]) -> int:
    """NEWS2 points of the readings that are there (missing ones count as normal)."""
    bands = {
        "rr": ((8, 3), (11, 1), (20, 0), (24, 2), (999, 3)),
        "spo2": ((91, 3), (93, 2), (95, 1), (100, 0)),
        "sbp": ((90, 3), (100, 2), (110, 1), (219, 0), (999, 3)),
        "hr": ((40, 3), (50, 1), (90, 0), (110, 1), (130, 2), (999, 3)),
        "temp": ((35.0, 3), (36.0, 1), (38.0, 0), (39.0, 1), (99, 2)),
    }
    points = sum(
        next(score for upper, score in band if values[name] <= upper)
        for name, band in bands.items()
        if name in values
    )
    return points + (3 if values.get("gcs", 15) < 15 else 0)


def vitals_voice(text: str, age_years: float | None) -> Voice:
    """The floor that the vital signs give, with the readings as evidence."""
    vitals = parse_vitals(text)
    if not vitals.values:
        return Voice("vitals", None, "no vital signs in the message")
    age = age_years if age_years is not None else parse_age(text)
    if age is not None and age < ADULT_FROM_YEARS:
        level, reason = _child_level(vitals.values, age)
    else:
        level, reason = _adult_level(vitals.values)
    evidence = tuple(
        Evidence(start, end, text[start:end], reason, "vitals")
        for start, end in sorted(vitals.spans.values())
        if level is not None
    )
    return Voice("vitals", level, reason, evidence)


def _collapse(values: dict[str, float]) -> str:
    checks = (
        ("spo2", lambda v: v < 80, "oxygen saturation below 80 %"),
        ("gcs", lambda v: v <= 8, "coma scale 8 or less"),
        ("hr", lambda v: v < 35, "heart rate below 35"),
        ("rr", lambda v: v <= 6, "6 breaths a minute or fewer"),
    )
    return next((why for name, bad, why in checks if name in values and bad(values[name])), "")


def _adult_level(values: dict[str, float]) -> tuple[int | None, str]:
    collapse = _collapse(values)
    if collapse:
        return 0, collapse
    sbp, hr = values.get("sbp", 120), values.get("hr", 80)
    if sbp < 75 or (sbp < 85 and hr > 125):
        return 0, "shock: very low blood pressure"
    points = news2(values)
    extreme = (
        values.get("spo2", 99) < 91 or hr > 130 or hr < 40 or values.get("rr", 16) >= 28
        or sbp <= 90 or values.get("gcs", 15) < 14 or values.get("temp", 37) < 33
        or values.get("temp", 37) >= 40.5
    )  # fmt: skip
    if points >= 7 or extreme:
        return 1, f"early-warning score {points} or an extreme reading"
    if points >= 5:
        return 1 if points >= 6 else 2, f"early-warning score {points}"
    if points >= 3:
        return 2, f"early-warning score {points}"
    return None, f"early-warning score {points}"


def _child_level(values: dict[str, float], age: float) -> tuple[int | None, str]:
    collapse = _collapse(values)
    if collapse:
        return 0, collapse
    limits = next(row for row in reversed(_CHILD_LIMITS) if age >= row[0])
    _youngest, hr_max, rr_max, sbp_min = limits
    if values.get("sbp", 120) < sbp_min - 8 or (values.get("hr", 120) < 60 and age < 1):
        return 0, "collapse values for the age"
    if values.get("sbp", 120) < sbp_min or values.get("spo2", 99) < 92:
        return 1, "danger-zone vital signs for the age"
    if values.get("hr", 0) > hr_max or values.get("rr", 0) > rr_max:
        return 1, "danger-zone vital signs for the age"
    if age < 0.25 and values.get("temp", 37) >= 38.0:
        return 1, "fever in a baby under three months"
    if values.get("temp", 37) >= 39.5:
        return 2, "high fever"
    return None, "vital signs within the limits for the age"
