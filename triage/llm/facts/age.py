"""Ages in a message: only numbers that are said to be somebody's age."""

import re
from dataclasses import dataclass

from triage.llm.facts.relations import ENGLISH, ENGLISH_WORDS, OTHER_WORDS, OTHERS

OLDEST = 115
WEEKS_PER_YEAR, DAYS_PER_YEAR = 52.18, 365.25
_TEENS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_WORDS = {word: number for number, word in enumerate(_TEENS.split(), 1)}
_DECADES = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = {word: 10 * number for number, word in enumerate(_DECADES.split(), 2)}
_WORDS |= _TENS | {
    f"{tens}-{ones}": number + _WORDS[ones]
    for tens, number in _TENS.items()
    for ones in list(_WORDS)[:9]
}
for _language in (
    "uno dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "un deux trois quatre cinq six sept huit neuf dix onze douze",
    "ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
):
    _WORDS |= {word: number for number, word in enumerate(_language.split(), 1)}
_N = r"(?P<n>\d{1,3})"
_NW = rf"(?P<n>\d{{1,3}}|\b(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))}))"
_UNIT = r"(?P<u>days?|weeks?|wks?|months?|mths?|mo|years?|yrs?|yr)"
_ABOUT = r"(?:about |around |approx\.? |roughly |maybe |nearly |etwa |ca\.? |unos |environ )?"
_PERSON = rf"{ENGLISH_WORDS}|{OTHER_WORDS}|man|woman|lady|gentleman|gent|guy|male|female|patient|pt"
_SUBJECT = (
    rf"(?:(?P<who>he|she|they|{ENGLISH_WORDS}|(?:mr|mrs|ms|miss)\.? \w+)(?:'s|’s|s| is| are)"
    r"|(?P<me>i)(?:'m|’m|m| am))"
)
_CHILD = (
    r"bébé|bebé|nourrisson|fils|fille|garçon|fillette|enfant|hijo|hija|niñ[oa]|recién nacid[oa]"
)
_PATTERNS = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        # 58M, 58 yo F, F62, M, 45
        (
            rf"(?<![\w/.,-])~?{_N}(?:\s?(?:yo|y/o|yrs?|y)?[\s/]?[MF]|\s?(?:yo|y/o)[\s/]?[mf])"
            r"(?![\w°/'’-])(?!\.\d)(?! ?°)",
            0,
        ),
        (rf"(?<![\w/])(?<!the )(?<!on )(?<![Jj]unction )[MF][ ,]{{0,2}}~?{_N}(?![\w/%°-]|\.\d)", 0),
        # 62-year-old, 6 week old, three-year-old, 62yo, 62 y/o
        (rf"(?<![\w.,/]){_NW}\s*-?\s*{_UNIT}\s*-?\s*(?:old|of age)\b", re.I),
        (rf"(?<![\w.,/]){_N}\s?(?:y/?o|y\.o\.?|yr)(?!\w)", re.I),
        (rf"(?<![\w.,/]){_N}\s?(?P<u>m/o|mo)(?!\w)", re.I),
        (
            rf"(?<![\w.,/]){_NW}[ -](?P<u>day|week|month|year)[ -]"
            r"(?:infant|baby|newborn|girl|boy|female|male)\b",
            re.I,
        ),
        # aged 62, age: 62 years, aged 3 months
        (rf"(?<!at )(?<!the )\bage[d:]?(?: of)?:?\s*{_N}\b(?:\s*{_UNIT})?", re.I),
        # he is 62, my dad's 78, I'm 35
        (
            rf"\b{_SUBJECT}\s+(?:only |just |about |nearly |almost |around |over |now )*{_NW}\b"
            r"(?P<u> years| yrs| months| mths)?(?= old|\s*[,.;!?)]|\s*$|"
            r"\s+(?:and|but|with|has|he|she)\b)(?![.,]\d)",
            re.I,
        ),
        (
            r"\b(?P<who>he|baby|son|daughter|newborn|infant)(?:'s|’s| is)\s+"
            rf"(?:only |just |about )?{_N} (?P<u>days|weeks)(?= old|\s*[,.;!?]|\s*$)",
            re.I,
        ),
        # my father (78), man of 63, woman, 45,
        (
            rf"\b(?P<who>{_PERSON})\s?(?:\(|, ?|of )\s*(?:aged? )?{_ABOUT}{_NW}"
            rf"(?:\s*{_UNIT})?"
            r"(?=\s*[),;.]|\s*$|\s+(?:with|years|yrs|has|is|who|and|in|on)\b)(?![.,/]\d)",
            re.I,
        ),
        (rf"\b(?P<who>baby|newborn|infant|neonate),? {_NW} (?P<u>days|weeks|months)\b", re.I),
        (
            rf"\b(?P<who>(?i:{ENGLISH_WORDS})) [A-Z][a-z]+,? {_N}(?=,| (?:has|is|was|with|had)\b)",
            0,
        ),
        (rf"\b(?:male|female),?\s+{_ABOUT}{_N}(?=\s*[,.;:)]|\s*$)", re.I),
        (rf"(?<![\w.,/]){_N}[,]?\s(?:old )?(?:male|female|man|woman|lady|gentleman)\b", re.I),
        # Spanish, French, German
        (rf"(?<!hace )(?<!desde )(?<!durante )(?<!por )(?<!\w){_NW} (?P<u>años)\b", re.I),
        (rf"\b(?:tiene|{_CHILD}) (?:de )?{_NW} (?P<u>meses|semanas|días)\b", re.I),
        (
            r"(?<!il y a )(?<!depuis )(?<!pendant )(?<!durant )(?<!fait )(?<!\w)"
            rf"{_NW} (?P<u>ans)\b",
            re.I,
        ),
        (
            rf"\b(?:âgée? de|{_CHILD}|il a|elle a)(?: de)? {_NW} (?P<u>mois|semaines|jours)"
            r"(?! de grossesse)\b",
            re.I,
        ),
        (rf"(?<!\w){_N}[- ]?(?P<u>jährig\w*|jähr\.)", re.I),
        (
            rf"(?<!seit )(?<!vor )(?<!über )\b{_N} (?:(?P<u>Jahre)(?: alt)?"
            r"|(?P<u2>Monate|Wochen|Tage) alt)\b",
            re.I,
        ),
    )
)
_DECADE = re.compile(
    r"\b(?:in (?:his|her|their|my) |[MF],? ?|(?:fe)?male,? |aged )(?:early |mid |late )?"
    r"(?P<n>[1-9]0)['’]?s\b"
)
# A number by itself between commas or full stops ("Roofer, 34. Fell"), where no reading is told.
_BARE = re.compile(r"(?<=[^\W\d][,.] )(?P<n>[1-9]\d)(?=[.,](?: |$))|, is (?P<is>[1-9]\d) and\b"
                   r"|\b(?:about|approx\.?|around|roughly) (?P<about>[1-9]\d)(?=[,;])"
                   r"|\b(?:er|sie) ist (?P<ist>[1-9]\d)\b")  # fmt: skip
_READING = re.compile(
    r"(?i)\b(?:pulse|puls|hr|sats?|spo2|o2|bp|rr|resps?|temp|t|sugar|glucose|gluc|bm|gcs|pain|weighs?|"
    r"kg|pressure|rate|breath\w*|score|room|flat|number|no|unit|bed|platform|route|line|level)\b|%|\d"
)
_LOOK_BACK_CHARS = 30
_NOT_AN_AGE = re.compile(r"\s*(?:ago|before|earlier|previously|pregnant|gestation|along|weeks|/40)",
                         re.IGNORECASE)  # fmt: skip
_THEN = re.compile(r"\b(?:when (?:he|she|i|they)(?: was| were)?|since (?:he|she|i)(?: was)?|at|"
                   r"temp\w*|fever|T)\s*:?\s*$", re.IGNORECASE)  # fmt: skip
_UNITS = {
    "d": "day", "t": "day", "j": "day", "w": "week", "s": "week", "m": "month", "y": "year",
    "a": "year",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Age:
    """An age as words ("58 years"), and whose it is where the message says so."""

    words: str
    owner: str  # "caller", a relation, or ""


def ages_in(text: str) -> list[Age]:
    """Every age in the text, in no particular order."""
    found = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if _NOT_AN_AGE.match(text, match.end()) or _THEN.search(
                text[max(0, match.start() - _LOOK_BACK_CHARS) : match.start()]
            ):
                continue
            words = _words(match)
            if words:
                found.append(Age(words, _owner(match)))
    if not found:
        found = [
            Age(_counted(int(next(n for n in match.groups() if n)), "year"), "")
            for match in _BARE.finditer(text)
            if not _READING.search(text[max(0, match.start() - _LOOK_BACK_CHARS) : match.start()])
        ]
    if not found:
        found = [Age(f"{match['n']}s", "") for match in _DECADE.finditer(text)]
    return found


def format_age(age_years: float) -> str:
    """Whole years; below two years months, below a quarter weeks, below two weeks days."""
    if age_years >= 2:
        return _counted(int(age_years), "year")
    if age_years >= 0.24:
        return _counted(round(age_years * 12), "month")
    weeks = round(age_years * WEEKS_PER_YEAR)
    if weeks >= 2:
        return _counted(weeks, "week")
    return _counted(round(age_years * DAYS_PER_YEAR), "day")


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _words(match: re.Match[str]) -> str:
    groups = match.groupdict()
    number = groups["n"]
    count = int(number) if number.isdigit() else _WORDS[number.lower()]
    unit = _unit_of(groups)
    plausible = 0 < count <= (OLDEST if unit == "year" else 36 if unit == "month" else 60)
    return _counted(count, unit) if plausible else ""


def _unit_of(groups: dict[str, str]) -> str:
    unit = (groups.get("u") or groups.get("u2") or "year").strip().lower()
    if unit.startswith(("jähr", "jahr")):
        return "year"
    if unit.startswith("jour"):
        return "day"
    return _UNITS[unit[0]]


def _owner(match: re.Match[str]) -> str:
    groups = match.groupdict()
    who = (groups.get("who") or "").lower()
    if groups.get("me"):
        return "caller"
    return ENGLISH.get(who) or OTHERS.get(who, "")
