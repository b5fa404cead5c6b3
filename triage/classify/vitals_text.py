"""Finding age and vital signs in a message, in the units and languages people write them in."""

import re
from dataclasses import dataclass

_SEP = r"\s*(?:\(?(?:is|of|was|at|rate|now|only|a)\)?|[:=~])?\s*(?:[:=~])?\s*"
_NUM = r"(\d{1,3}(?:[.,]\d{1,2})?)"


@dataclass(frozen=True, slots=True)
class Vitals:
    """Readings by name with the characters they stand at; what is absent was not said."""

    values: dict[str, float]  # hr /min, rr /min, spo2 %, sbp mmHg, temp °C, gcs 3–15,
    spans: dict[str, tuple[int, int]]  # glucose mmol/l, pain 0–10


_PATTERNS: dict[str, tuple[str, ...]] = {
    "spo2": (
        r"\b(?:spo2|sp02|sao2|o2 ?sats?|sats?|o2 ?saturation|saturation|s[äa]ttigung|saturaci[oó]n"
        r"|sat|oxygen(?: level| thing)?(?: shows)?)(?![a-z])"
        + _SEP
        + r"(\d{2,3})\b(?! ?(?:l|liters?|litres?)\b)",
        r"\b(\d{2,3}) ?%(?: sats?| o2\b| oxygen)? (?:on|in)? ?"
        r"(?:room air|ra\b|air|oxygen|o2|\d+ ?l\b|nrb)",
        r"\b(?:hold|holding|maintain\w*|at) (\d{2}) ?%",
        r"\bsats?,? (?:still )?(\d{2})\b",
        r"\bo2\b" + _SEP + r"(\d{2,3})\b(?! ?(?:l\b|liters?|litres?))",
    ),
    "hr": (
        r"\b(?:hr|heart ?rate|heart beat|puls(?:e|o)?(?: rate)?|pouls|herzfrequenz|fc|pr|bpm)"
        r"(?![a-z])" + _SEP + r"(\d{2,3})\b",
        r"\bheart(?:'s| is)? (?:racing|going|beating)?(?: at| of)? ?(\d{2,3})\b",
        r"(?<![\w/])(?-i:P|HF):? ?(\d{2,3})(?= (?:R|RR|BP|T|SpO2|O2)\b)",
        r"\b(\d{2,3}) ?(?:bpm|beats (?:a|per) minute)\b",
    ),
    "rr": (
        r"\b(?:rr|resps?|resp(?:iratory)? ?rate|resprate|breathing(?: rate)?|breaths?)(?![a-z])"
        + _SEP
        + r"(\d{1,2})\b(?! ?(?:min\w* ago|hours?|days?|year|%))",
        r"(?<![\w/])(?-i:R):? ?(\d{1,2})(?= (?:T|BP|SpO2|O2|P)\b)",
        r"\b(\d{1,2}) (?:breaths|times) (?:a|per) min\w*",
    ),
    "sbp": (
        r"\b(?:bp|nibp|blood ?pressure|ta|pa|tension|pression|presi[oó]n|blutdruck"
        r"|pressure)(?![a-z])"
        + _SEP
        + r"(\d{2,3})\s*(?:/|over|auf|sur|sobre)\s*(?:\d{2,3}|-|palp|p\b)",
        r"\b(?:sbp|sys(?:tolic)?(?: bp)?)(?![a-z])" + _SEP + r"(\d{2,3})\b",
        r"\bbp\b" + _SEP + r"(\d{2,3})\b(?:\s*(?:systolic|palp|/))?",
    ),
    "temp": (
        r"\b(?:t|bt|temp\w*|body temp\w*|fever|fieber|fiebre|fi[èe]vre|feever)(?![a-z])"
        + _SEP
        + r"(?:of |de |von |at |[àa] )?((?:2\d|3\d|4[0-3]|9\d|10\d)(?:[.,]\d{1,2})?)\b"
        r"(?! ?(?:weeks|yrs?|years?|/))",
        r"(?<![\d/.,])((?:3[4-9]|4[0-2])[.,]\d)\b(?! ?(?:mmol|kg|cm|km|%|mg|weeks|l\b|years))",
        r"\b(10[0-6](?:\.\d)?) ?(?:°? ?F\b|fever|degrees)",
    ),
    "gcs": (r"\b(?:gcs|glasgow(?: coma scale)?)\b\s*(?:of|is|:|=|now|score)?\s*(\d{1,2})\b",),
    "glucose": (
        r"\b(?:gluc(?:ose)?|bg|bm|bsl|bst|cbg|fsbg|fingerstick|(?:blood )?sugar|az[uú]car|"
        r"glyc[ée]mie|zucker|blutzucker)(?![a-z])"
        + _SEP
        + r"(?:of |only |en |[àa] )?"
        + _NUM
        + r"\b",
    ),
    "pain": (
        r"\b(?:pain|nrs(?: pain)?|schmerz\w*|douleur|dolor)(?: score)?\b"
        + _SEP
        + r"(10|\d)(?: ?/ ?10| of 10| out of 10)?\b"
        r"(?! ?(?:days?|weeks?|hours?|months?|years?|min|h\b|d\b|yrs?))",
        r"\b(10|\d) ?(?:/ ?10|of 10|out of 10)\b",
    ),
}
_COMPILED = {
    name: tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)
    for name, patterns in _PATTERNS.items()
}
_PLAUSIBLE = {
    "spo2": (30, 100), "hr": (15, 300), "rr": (1, 90), "sbp": (30, 300), "temp": (20, 44),
    "gcs": (3, 15), "glucose": (0.2, 60), "pain": (0, 10),
}  # fmt: skip
_MIDDLE = {"spo2": 100, "hr": 75, "rr": 16, "sbp": 125, "temp": 37, "gcs": 15, "glucose": 6,
           "pain": 0}  # fmt: skip
_MG_PER_MMOL = 18.0

_YEARS = re.compile(
    r"\b(\d{1,3})\s*[- ]?(?:years?[- ]?olds?|yrs?[- ]?old|yr|yo|y/o|y\.o\.?|years?(?! ago)|ans|años"
    r"|jahre|jährige?r?|y)\b(?! ago)"
    r"|(?<![\d.,/])\b(\d{1,3})\s?[- ]?[MF](?![\w/°])|\b[MF]\s?[~/]?\s?(\d{1,3})\b(?!\s?[/%.])"
    r"|\bage[d:]?\s*(\d{1,3})\b"
    r"|^(\d{1,3})[,:]",
    re.IGNORECASE,
)
_YOUNG = re.compile(
    r"\b(\d{1,2})\s*[- ]?(months?|mo|mths?|m/o|weeks?|wks?|days?|mois|meses|monate|semanas|d)"
    r"[- ]?(?:old|de edad|alt)\b"
    r"|\b(\d{1,2})\s*[- ]?(mo|m/o)\b|\b(\d{1,2})[- ](week|month|day)[- ]old",
    re.IGNORECASE,
)
_INFANT = re.compile(
    r"\b(?:newborn|neonate|reci[ée]n nacid[oa]|nouveau-n[ée]|neugeborene\w*)\b", re.I
)
_PER_YEAR = {"m": 12.0, "w": 52.0, "s": 52.0, "d": 365.0}


def parse_vitals(text: str) -> Vitals:
    """Every plausible reading in the text; the worst one when a sign is given twice."""
    values: dict[str, float] = {}
    spans: dict[str, tuple[int, int]] = {}
    for name, patterns in _COMPILED.items():
        for pattern in patterns:
            for match in pattern.finditer(text):
                value = _in_units(name, float(match.group(1).replace(",", ".")), text, match.end())
                low, high = _PLAUSIBLE[name]
                if not low <= value <= high:
                    continue
                if name not in values or _worse(name, value, values[name]):
                    values[name], spans[name] = value, match.span()
    return Vitals(values, spans)


def _in_units(name: str, value: float, text: str, end: int) -> float:
    """°C and mmol/l from whatever was written."""
    if name == "temp" and value > 50:
        return (value - 32) / 1.8
    if name == "glucose" and (value >= 30 or "mg" in text[end : end + 6].lower()):
        return value / _MG_PER_MMOL
    return value


def _worse(name: str, new: float, old: float) -> bool:
    return abs(new - _MIDDLE[name]) > abs(old - _MIDDLE[name])


def parse_age(text: str) -> float | None:
    """The first age in the text, in years, or None."""
    young = _YOUNG.search(text)
    if young:
        number = young.group(1) or young.group(3) or young.group(5)
        unit = (young.group(2) or young.group(4) or young.group(6)).lower()
        return float(number) / _PER_YEAR[unit[0]]
    match = _YEARS.search(text)
    if match:
        years = float(next(group for group in match.groups() if group))
        return years if years <= 115 else None
    return 0.02 if _INFANT.search(text) else None
