"""Finding age and vital signs in a message, in the units and languages people write them in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from triage.classify.spelled import digits, spelled_end

# Possessive (`*+`): otherwise a long run of blanks is shared out in every way there is.
_SEP = r"\s*+(?:\(?(?:is|of|was|at|rate|now|only|a)\)?|[:=~])?\s*+(?:[:=~])?\s*+"
_NUM = r"(\d{1,3}(?:[.,]\d{1,2})?)"


@dataclass(frozen=True, slots=True)
class Vitals:
    """Readings by name with the characters they stand at; what is absent was not said."""

    values: Mapping[str, float]  # hr /min, rr /min, spo2 %, sbp mmHg, temp °C, gcs 3–15,
    spans: Mapping[str, tuple[int, int]]  # glucose mmol/l, pain 0–10


_PATTERNS: dict[str, tuple[str, ...]] = {
    "spo2": (
        r"\b(?:spo2|sp02|sao2|o2 ?sats?|sats?|o2 ?saturation|saturation|s[äa]ttigung|saturaci[oó]n"
        r"|sat|oxygen(?: level| thing)?(?: shows)?)(?![a-z])"
        + _SEP
        + r"(\d{2,3})\b(?! ?(?:l|liters?|litres?)\b)",
        r"\b(\d{2,3}) ?%(?: sats?| o2\b| oxygen)? (?:on|in)? ?(?:her |his )?"
        r"(?:room air|ra\b|air|oxygen|o2|\d+ ?l\b|nrb)",
        r"\b(?:hold|holding|maintain\w*|at) (\d{2}) ?%",
        r"\bsats?,? (?:still )?(\d{2})\b",
        r"\bo2\b" + _SEP + r"(\d{2,3})\b(?! ?(?:l\b|liters?|litres?))",
    ),
    "hr": (
        r"\b(?:hr|heart ?rate|heart beat|puls(?:e|o)?(?: rate)?|pouls|herzfrequenz|fc|pr|bpm)"
        r"(?![a-z])" + _SEP + r"(\d{2,3})\b(?!\s+times\b(?! (?:a|per) min))",
        r"\bheart(?:'s| is)? (?:racing|going|beating)?(?: at| of)? ?(\d{2,3})\b",
        r"\b(\d{2,3})(?: per minute)? pulse\b",
        r"(?<![\w/-])(?-i:P|HF|FC|PLS):? ?(\d{2,3})(?=[\s,;.)]|$)",
        r"\b(\d{2,3}) ?(?:bpm|beats (?:a|per) minute)\b",
    ),
    "rr": (
        r"\b(?:rr|resps?|resp(?:iratory)? ?rate|resprate|breathing(?: rate)?|breaths?)(?![a-z])"
        + _SEP
        + r"(\d{1,2})\b(?! ?(?:min\w* ago|hours?|days?|year|%))",
        r"(?<![\w/-])(?-i:R|AF|FR):? ?(\d{2})(?=[\s,;.)]|$)",
        r"\bresp\w* (?:irregular|shallow|deep|fast|slow|laboured|labored) (\d{1,2})\b",
        r"\b(\d{1,2}) (?:breaths|times) (?:a|per) min\w*",
    ),
    "sbp": (
        r"\b(?:bp|nibp|blood ?pressure|ta|pa|tension|pression|presi[oó]n|blutdruck"
        r"|pressure)(?![a-z])"
        + _SEP
        + r"(\d{2,3})\s*(?:/|over|auf|sur|sobre)\s*(?:\d{2,3}|-|palp|p\b)",
        r"\b(?:sbp|sys(?:tolic)?(?: bp)?)(?![a-z])" + _SEP + r"(\d{2,3})\b",
        r"\bbp\b" + _SEP + r"(\d{2,3})\b(?:\s*(?:systolic|palp|/))?",
        r"\b(\d{2,3}) (?:systolic|sys\b|palp)",
    ),
    "temp": (
        r"\b(?:t|bt|temp\w*|body temp\w*|fever|fieber|fiebre|fi[èe]vre|feever)(?![a-z])"
        + _SEP
        + r"(?:of |de |von |at |[àa] )?((?:2\d|3\d|4[0-3]|9\d|10\d)(?:[.,]\d{1,2})?)\b"
        r"(?! ?(?:weeks|yrs?|years?|/))",
        r"(?<![\d/.,])((?:3[4-9]|4[0-2])[.,]\d{1,2})(?=°?C?\b)"
        r"(?! ?(?:mmol|kg|cm|km|%|mg|weeks|l\b|years))",
        r"\b(10[0-6](?:\.\d)?) ?(?:°? ?F\b|fever|degrees)",
    ),
    "gcs": (
        r"\b(?:gcs|glasgow(?: coma scale)?)\b\s*(?:of|is|:|=|now|score)?\s*(\d{1,2})\b",
        r"\bE[1-4] ?V[1-5] ?M[1-6]\b ?(?:=|\() ?(\d{1,2})\b",
    ),
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
    r"|\b(\d{1,2})\s*[- ]?(mo|m/o)\b|\b(\d{1,2})[- ](week|month|day)[- ]old"
    r"|^\W*(?:baby|infant|neonate) ([1-9]|1\d|2[0-6]) ?(days?|weeks?|wks?|months?|mths?|m)\b"
    r"(?! (?:of|fever|cough|history|with|pregnan\w+|gestation))",
    re.IGNORECASE,
)
# "fell 3 m", "a 6m drop": metres, which shorthand for a man's age looks like.
_METRES = re.compile(
    r"\b(?i:fell|fallen|falls|fall of|drop of|dropped|jumped|height of)"
    r"(?: (?:about|around|some|only|over|from))? \d{1,3}(?:[.,]\d)? ?m\b"
    r"|\b\d{1,3}(?:[.,]\d)? ?m (?:fall|drop|deep|tall|ladder|wall|high (?:wall|roof|fence|fall))\b"
)
# Words that tell an age when no number does: the age in years that the limits are taken for.
_AGE_WORDS = tuple(
    (years, re.compile(rf"\b(?:{words})\b", re.IGNORECASE))
    for years, words in (
        (0.02, r"newborn|neonat\w+|reci[ée]n nacid[oa]|nouveau-n[ée]|neugeborene\w*"),
        (0.5, r"(?:(?<!having )(?<!have )(?<!had )(?:my|our|the|her|his) baby\b(?! (?:is )?coming)"
              r"|infant|nappy|diaper|breast-?fed|thriving|fontanelle|mon b[ée]b[ée]|mi beb[ée])"),
        (2.0, r"toddler|cot|pushchair|kleinkind"),
        (8.0, r"schoolboy|schoolgirl|the child|a child"),
    )
)  # fmt: skip
_PER_YEAR = {"m": 12.0, "w": 52.0, "s": 52.0, "d": 365.0}
_FRACTION = re.compile(r"\b(\d{1,2})/(7|52|12)(?= (?:old|of age)\b)")  # days, weeks, months
_FRACTION_PER_YEAR = {"7": 365.0, "52": 52.0, "12": 12.0}


# "118/74, 80, 16": numbers without names beside a blood pressure, in a list.
_LIST = re.compile(
    r"(?<![\d/.,:-])(?:[5-9]\d|[12]\d\d) ?/ ?\d{2,3}"
    r"((?:\s*[,;]\s*\d{2,3}(?![\d/%:.]|\.\d| ?[a-z]))+)"
)
# A pair that can be a blood pressure; "34/40" weeks and "20/20" sight can't.
_PAIR = re.compile(r"(?<![\d/.,-])(?<!\d:)(?<!/ )(\d{2,3}) ?(?:/|over) ?(\d{2,3})\b(?![/\d.])")
# A bare share of hundred is an oxygen saturation only among other vital signs; a lower one than
# people ring up with ("60 % of the nail") only right beside them.
LOW_SHARE, NEAR_CHARS = 65, 20
_SHARE = re.compile(r"(?<![\d.,-])(\d{2,3}) ?%(?!\w)")
_OTHER_SHARE = re.compile(r"burn|tbsa|bsa|body|scald|peak|predicted|humid|batter|%.{0,3}of\b", re.I)


@lru_cache(maxsize=64)  # several voices ask for those of the same message, one after another
def parse_vitals(text: str) -> Vitals:
    """Every plausible reading in the text; the worst one when a sign is given twice."""
    original, text = text, digits(text)
    values: dict[str, float] = {}
    spans: dict[str, tuple[int, int]] = {}

    def keep(name: str, number: str, span: tuple[int, int]) -> None:
        value = _in_units(name, float(number.replace(",", ".")), text, span[1])
        low, high = _PLAUSIBLE[name]
        if low <= value <= high and (name not in values or _worse(name, value, values[name])):
            values[name], spans[name] = value, span

    for name, patterns in _COMPILED.items():
        for pattern in patterns:
            for match in pattern.finditer(text):
                keep(name, match.group(1), match.span())
    for match in _PAIR.finditer(text):
        if int(match.group(1)) >= max(50, int(match.group(2)) + 10):
            keep("sbp", match.group(1), match.span())
    listed = _LIST.search(text)
    for match in re.finditer(r"\d+", listed.group(1)) if listed else ():
        start, end = (listed.start(1) + at for at in match.span())
        # A heart beats faster than one breathes: which number is which can be told.
        name = "hr" if 40 <= int(match.group()) < 200 else "rr"
        if name in values:
            name = "spo2" if 85 <= int(match.group()) <= 100 else name
        if name not in values:
            keep(name, match.group(), (start, end))
    if values and "spo2" not in values and not _OTHER_SHARE.search(text):
        others = list(spans.values())
        for match in _SHARE.finditer(text):
            near = any(_gap(match.span(), other) <= NEAR_CHARS for other in others)
            if near or int(match.group(1)) >= LOW_SHARE:
                keep("spo2", match.group(1), match.span())
    if text != original:
        spans = {name: (at, spelled_end(original, end)) for name, (at, end) in spans.items()}
    return Vitals(values, spans)


def _gap(one: tuple[int, int], other: tuple[int, int]) -> int:
    """How many characters stand between two stretches of text."""
    return max(one[0] - other[1], other[0] - one[1])


def _in_units(name: str, value: float, text: str, end: int) -> float:
    """°C and mmol/l from whatever was written."""
    if name == "temp" and value > 50:
        return (value - 32) / 1.8
    if name == "glucose" and (value >= 30 or "mg" in text[end : end + 6].lower()):
        return value / _MG_PER_MMOL
    return value


def _worse(name: str, new: float, old: float) -> bool:
    return abs(new - _MIDDLE[name]) > abs(old - _MIDDLE[name])


@lru_cache(maxsize=64)
def parse_age(text: str) -> float | None:
    """The first age in the text, in years, or None."""
    text = _METRES.sub("", text)
    young = _YOUNG.search(text)
    if young:
        number, unit = (group for group in young.groups() if group)
        return float(number) / _PER_YEAR[unit[0].lower()]
    part = _FRACTION.search(text)
    if part:
        return float(part.group(1)) / _FRACTION_PER_YEAR[part.group(2)]
    match = _YEARS.search(text)
    if match:
        years = float(next(group for group in match.groups() if group))
        return years if years <= 115 else None
    return next((years for years, words in _AGE_WORDS if words.search(text)), None)
