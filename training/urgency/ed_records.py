"""Emergency-department records: a chief complaint and vital signs in one line.

families/ed_complaints.txt gives, by hand, the level of each chief complaint with calm vital
signs; abnormal ones move it as the ESI Handbook's decision points B (high risk, altered mind)
and D (danger-zone vital signs) say.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from training.urgency.families import FOLDER, Family

CHILD_COMPLAINTS = ("fever child", "febrile convulsion", "high fever child")
INFANT_COMPLAINTS = ("neonate", "1 month old")
PAIRED = 0.25  # share of records with a second complaint
MINDS = ("alert", "verbal response", "pain response", "unresponsive")
LINES = (
    "{text}. T {temp} HR {hr} RR {rr} BP {sbp}/{dbp} SpO2 {spo2} pain {pain}, {age}{sex}{mind}",
    "{text}; temperature {fahrenheit}, heart rate {hr}, resp rate {rr}, o2 sat {spo2}, "
    "BP {sbp}/{dbp}, pain {pain}{mind}",
    "{age}{sex}, {text}{mind}, NRS {pain}, BP {sbp}/{dbp} HR {hr} RR {rr} BT {temp} SpO2 {spo2}",
    "{age} year old {male}, chief complaint: {text}{mind}. SBP {sbp} DBP {dbp} HR {hr} RR {rr} "
    "BT {temp} saturation {spo2}",
    "{age} yo {man} with {text}{mind}. Vital signs: HR {hr}, BP {sbp}/{dbp}, RR {rr}, "
    "SpO2 {spo2}%, temp {temp} C. Pain {pain}/10.",
    "{text} | {age}{sex} | BP {sbp}/{dbp} P {hr} R {rr} T {fahrenheit} O2 {spo2}% "
    "pain {pain}/10{mind}",
    "{text}. {age}{sex}. {sbp}/{dbp}, {hr}, {rr}, {temp}, {spo2}%{mind}",
    "{text} - HR {hr}, BP {sbp}/{dbp}, RR {rr}, sats {spo2}, T {temp}, pain {pain}{mind}",
    "{age}{sex} {text}; P {hr}; {sbp}/{dbp}; R {rr}; {fahrenheit}F; {spo2}% RA{mind}",
    "Pt {age}{sex} c/o {text}{mind}. HR {hr} BP {sbp}/{dbp} SpO2 {spo2}",
)
SHORT_LINES = (
    "{text}",
    "{age}{sex} {text}",
    "{text}, {age}{sex}",
    "CC: {text}",
    "{text}, arrived by ambulance",
    "{text}, walk-in",
)


@dataclass(frozen=True, slots=True)
class Chief:
    """A chief complaint with its level when the vital signs are calm."""

    family: str
    text: str
    level: int
    complaint: str


def read_chiefs() -> list[Chief]:
    """The table. Raises ValueError naming a line that cannot be read."""
    found = []
    path = FOLDER / "ed_complaints.txt"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = re.fullmatch(r"([0-4]) ([\w-]+) \| (.+)", line)
        if not parts:
            raise ValueError(f"{path.name}, line {number}: cannot be read")
        for index, text in enumerate(parts.group(3).split(", ")):
            found.append(Chief(f"ed-{number}-{index}", text, int(parts.group(1)), parts.group(2)))
    return found


def record(chief: Chief, rng: random.Random, others: Sequence[Chief] = ()) -> Family:
    """One record of a chief complaint, with the level that its vital signs give it.

    Real records often name two complaints: some get a second one from `others` that is no more
    urgent than the first.
    """
    beside = [c for c in rng.sample(others, min(4, len(others))) if c.level >= chief.level]
    said = chief.text
    if beside and chief.level in (1, 2, 3) and rng.random() < PAIRED:
        pair = [chief.text, beside[0].text]
        rng.shuffle(pair)
        said = rng.choice((", ", " / ", " and ", "; ")).join(pair)
    age = _age(chief, rng)
    state = rng.choices(("calm", "mild", "danger", "critical"), (62, 18, 14, 6))[0]
    vitals = _vitals(age, state, rng)
    pain = rng.choice((0, 0, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10))
    mind = rng.choices(MINDS, (93, 4, 2, 1))[0]
    with_vitals = rng.random() < 0.8
    level, low, high = chief.level, chief.level, chief.level
    if with_vitals:
        level, low, high = _moved(chief.level, state, mind, age)
        if pain >= 8 and level in (2, 3):
            low = level - 1
    facts = {**vitals, "text": said, "age": age, "sex": rng.choice("MF"), "pain": pain}
    text = _line(facts, mind, rng) if with_vitals else rng.choice(SHORT_LINES).format(**facts)
    return Family(
        id=f"{chief.family}-{rng.randrange(10**6)}",
        family=chief.family,
        text=text,
        level=level,
        level_low=low,
        level_high=high,
        complaint=chief.complaint,
        evidence=(chief.text,),
        tags=("ed-record",),
    )


def _moved(base: int, state: str, mind: str, age: int) -> tuple[int, int, int]:
    if mind in ("pain response", "unresponsive"):
        return 0, 0, 1 if mind == "pain response" else 0
    if state == "critical":
        return 0, 0, 1
    if mind == "verbal response":
        return min(base, 1), min(base, 0), min(base, 1)
    if state == "danger":
        if base <= 2:
            return min(base, 1), min(base, 1), min(base, 2)
        return 2, 1, 3
    if base >= 2 and age >= 80:
        return base, base - 1 if base == 2 else base, base
    return base, base, base


def _age(chief: Chief, rng: random.Random) -> int:
    if any(word in chief.text for word in INFANT_COMPLAINTS):
        return 0
    if any(word in chief.text for word in CHILD_COMPLAINTS):
        return rng.randrange(1, 9)
    return rng.choice((rng.randrange(18, 45), rng.randrange(40, 75), rng.randrange(60, 92)))


def _vitals(age: int, state: str, rng: random.Random) -> dict[str, float]:
    hr, rr, sbp = rng.randrange(62, 97), rng.randrange(14, 20), rng.randrange(108, 158)
    temp, spo2 = round(rng.uniform(36.2, 37.4), 1), rng.randrange(96, 101)
    if age < 9:
        hr, rr, sbp = rng.randrange(95, 125), rng.randrange(20, 30), rng.randrange(92, 110)
    if state == "mild":
        hr, temp = hr + rng.randrange(8, 16), round(rng.choice((temp, rng.uniform(37.8, 38.6))), 1)
        sbp = rng.choice((sbp, sbp + 25))
    signs = rng.sample(("hr", "rr", "sbp", "spo2", "temp"), rng.choice((1, 2, 2, 3)))
    if state == "danger":
        hr = rng.randrange(122, 144) + (35 if age < 9 else 0) if "hr" in signs else hr
        fast = "rr" in signs or signs == ["temp"]
        rr = rng.randrange(25, 33) + (14 if age < 9 else 0) if fast else rr
        sbp = rng.randrange(80, 92) - (12 if age < 9 else 0) if "sbp" in signs else sbp
        spo2 = rng.randrange(85, 92) if "spo2" in signs else spo2
        temp = round(rng.uniform(38.9, 40.3), 1) if "temp" in signs else temp
    if state == "critical":
        which = rng.choice(("shock", "oxygen", "slow", "shock"))
        if which == "shock":
            sbp, hr = rng.randrange(50, 70), rng.randrange(125, 155)
        elif which == "oxygen":
            spo2, rr = rng.randrange(60, 79), rng.choice((rng.randrange(34, 46), 6))
        else:
            hr, sbp = rng.randrange(22, 34), rng.randrange(58, 80)
    return {"hr": hr, "rr": rr, "sbp": sbp, "dbp": int(sbp * 0.6), "temp": temp, "spo2": spo2}


def _line(facts: dict, mind: str, rng: random.Random) -> str:
    unsaid = mind == "alert" and rng.random() < 0.2
    male, man = {"M": ("male", "man"), "F": ("female", "woman")}[facts["sex"]]
    line = rng.choice(LINES).format(
        **facts,
        fahrenheit=round(facts["temp"] * 1.8 + 32, 1),
        mind="" if unsaid else f", {mind}",
        male=male,
        man=man,
    )
    return line.upper() if rng.random() < 0.08 else line
