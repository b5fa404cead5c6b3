"""Vital signs in the message, and the least urgent level they allow.

The score is NEWS2 (Royal College of Physicians, 2017) for 16 years and older; for children,
limits by age after the ESI Handbook's danger-zone vitals and PALS tables. Seven or more NEWS2
points or one extreme value is level 1, collapse values level 0. Normal vitals lower nothing.
"""

from triage.classify.types import Evidence, Voice
from triage.classify.vitals_text import Vitals, parse_age, parse_vitals

__all__ = ["Vitals", "describe", "news2", "parse_age", "parse_vitals", "vitals_voice"]

ADULT_FROM_YEARS = 16
# (youngest age in years, HR above, RR above, systolic BP below)
_CHILD_LIMITS = ((0.0, 180, 60, 60), (0.25, 170, 50, 70), (1, 150, 40, 72), (3, 140, 34, 76),
                 (6, 130, 30, 82), (10, 120, 26, 88))  # fmt: skip
_NEWS2_BANDS = {
    "rr": ((8, 3), (11, 1), (20, 0), (24, 2), (999, 3)),
    "spo2": ((91, 3), (93, 2), (95, 1), (100, 0)),
    "sbp": ((90, 3), (100, 2), (110, 1), (219, 0), (999, 3)),
    "hr": ((40, 3), (50, 1), (90, 0), (110, 1), (130, 2), (999, 3)),
    "temp": ((35.0, 3), (36.0, 1), (38.0, 0), (39.0, 1), (99, 2)),
}
# What the model reads for a number: (upper bound, words).
_WORDS = {
    "spo2": ((79, "oxygen critically low"), (87, "oxygen very low"), (91, "oxygen low"),
             (94, "oxygen slightly low"), (100, "oxygen normal")),
    "sbp": ((74, "blood pressure critically low"), (90, "blood pressure very low"),
            (100, "blood pressure low"), (179, "blood pressure normal"),
            (300, "blood pressure very high")),
    "temp": ((31.9, "dangerously cold"), (35, "very cold"), (37.9, "temperature normal"),
             (38.9, "fever"), (40.4, "high fever"), (44, "extreme fever")),
    "gcs": ((8, "coma"), (12, "very drowsy"), (14, "confused or drowsy"), (15, "fully alert")),
    "glucose": ((2.2, "blood sugar critically low"), (3.5, "blood sugar low"),
                (15, "blood sugar acceptable"), (22, "blood sugar high"),
                (60, "blood sugar very high")),
    "pain": ((0, "no pain"), (3, "mild pain"), (6, "moderate pain"), (8, "severe pain"),
             (10, "extreme pain")),
    "hr": ((39, "pulse critically slow"), (50, "pulse slow"), (100, "pulse normal"),
           (110, "pulse slightly fast"), (130, "pulse fast"), (150, "pulse very fast"),
           (300, "pulse extremely fast")),
    "rr": ((6, "breathing critically slow"), (10, "breathing slow"), (20, "breathing rate normal"),
           (24, "breathing slightly fast"), (29, "breathing fast"), (90, "breathing very fast")),
}  # fmt: skip


def describe(name: str, value: float, age: float | None) -> str:
    """A reading in words, by age: what the encoder is given instead of digits."""
    if age is not None and age < ADULT_FROM_YEARS and name in ("hr", "rr"):
        limit = _limits(age)[1 if name == "hr" else 2]
        what = "pulse" if name == "hr" else "breathing rate"
        if value < limit * 0.45:
            return f"{what} critically slow"
        if value > limit:
            return f"{what} very fast"
        return f"{what} slightly fast" if value > limit * 0.88 else f"{what} normal"
    return next(words for upper, words in _WORDS[name] if value <= upper)


def news2(values: dict[str, float]) -> int:
    """NEWS2 points of the readings that are there (missing ones count as normal)."""
    points = sum(
        next(score for upper, score in band if values[name] <= upper)
        for name, band in _NEWS2_BANDS.items()
        if name in values
    )
    return points + (3 if values.get("gcs", 15) < 15 else 0)


def vitals_voice(text: str, age_years: float | None) -> Voice:
    """The floor that the vital signs give, with the readings as evidence."""
    vitals = parse_vitals(text)
    values = {name: value for name, value in vitals.values.items() if name != "pain"}
    if not values:
        return Voice("vitals", None, "no vital signs in the message")
    age = age_years if age_years is not None else parse_age(text)
    child = age is not None and age < ADULT_FROM_YEARS
    level, reason = _child_level(values, age) if child else _adult_level(values)
    evidence = tuple(
        Evidence(*vitals.spans[name], text[slice(*vitals.spans[name])], reason, "vitals")
        for name in sorted(values, key=lambda name: vitals.spans[name])
        if level is not None
    )
    return Voice("vitals", level, reason, evidence)


def _collapse(values: dict[str, float]) -> str:
    checks = (
        ("spo2", values.get("spo2", 99) < 80, "oxygen saturation below 80 %"),
        ("gcs", values.get("gcs", 15) <= 8, "coma scale 8 or less"),
        ("hr", values.get("hr", 80) < 30, "heart rate below 30"),
        ("rr", values.get("rr", 16) <= 6, "6 breaths a minute or fewer"),
        ("temp", values.get("temp", 37) < 28, "body temperature below 28 °C"),
        ("temp", values.get("temp", 37) >= 41.5, "body temperature of 41.5 °C or more"),
    )
    return next((why for _name, bad, why in checks if bad), "")


def _sugar(values: dict[str, float]) -> tuple[int | None, str]:
    sugar = values.get("glucose")
    if sugar is not None and sugar < 3.0:
        return 1, "blood sugar below 3 mmol/l (54 mg/dl)"
    if sugar is not None and sugar > 27:
        return 2, "blood sugar above 27 mmol/l (490 mg/dl)"
    return None, ""


def _adult_level(values: dict[str, float]) -> tuple[int | None, str]:
    collapse = _collapse(values)
    if collapse:
        return 0, collapse
    sbp, hr = values.get("sbp", 120), values.get("hr", 80)
    if sbp < 70 or (sbp < 80 and (hr > 120 or hr < 40)) or (sbp < 90 and hr >= 150):
        return 0, "shock: very low blood pressure"
    points = news2(values)
    extreme = (
        values.get("spo2", 99) < 90 or hr > 130 or hr < 40 or values.get("rr", 16) >= 29
        or sbp < 90 or values.get("gcs", 15) < 14 or values.get("temp", 37) < 33
        or values.get("temp", 37) >= 40.5
    )  # fmt: skip
    if points >= 7 or extreme:
        return 1, f"early-warning score {points} or an extreme reading"
    level, reason = _sugar(values)
    if level is not None:
        return level, reason
    if points >= 5:
        return 2, f"early-warning score {points}"
    return None, f"early-warning score {points}"


def _limits(age: float) -> tuple[float, float, float, float]:
    return next(row for row in reversed(_CHILD_LIMITS) if age >= row[0])


def _child_level(values: dict[str, float], age: float) -> tuple[int | None, str]:
    collapse = _collapse(values)
    if collapse:
        return 0, collapse
    _youngest, hr_max, rr_max, sbp_min = _limits(age)
    if values.get("sbp", 120) < sbp_min - 8 or values.get("hr", 120) < hr_max * 0.35:
        return 0, "collapse values for the age"
    if values.get("sbp", 120) < sbp_min or values.get("spo2", 99) < 92:
        return 1, "danger-zone vital signs for the age"
    # Fever alone speeds the heart by about ten beats a degree.
    fever = max(0.0, values.get("temp", 37.0) - 37.5) * 10
    if values.get("hr", 0) > hr_max + fever or values.get("rr", 0) > rr_max:
        return 1, "danger-zone vital signs for the age"
    if age < 0.25 and values.get("temp", 37) >= 38.0:
        return 1, "fever in a baby under three months"
    if values.get("gcs", 15) < 14:
        return 1, "coma scale below 14"
    level, reason = _sugar(values)
    if level is not None:
        return level, reason
    return None, "vital signs within the limits for the age"
