"""The message as the encoder reads it: numbers, shorthand and other languages put into words.

The encoder was trained on English prose; it can't weigh digits, and knows neither "58M CP rad
L arm" nor Spanish. Each stretch that is replaced keeps the characters it came from, so that
what the model found salient can be shown in the caller's own words. The tables are plain text
in lexicon/, for clinicians to read.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from triage.classify.glossary import glossary_of
from triage.classify.lexicon import entries
from triage.classify.plain import plain
from triage.classify.vitals import describe, parse_age, parse_vitals

GLOSSED = ("es", "fr", "de")
CALM = ("oxygen normal", "blood pressure normal", "temperature normal", "blood sugar acceptable",
        "fully alert", "pulse normal", "breathing rate normal")  # fmt: skip
_UNIT = re.compile(
    r" ?(?:%|°? ?[CF]\b|/ ?min\b|mmHg\b|bpm\b)*(?: (?:on|in)? ?(?:RA|room air|air)\b)?", re.I
)
# Who is calling says nothing about urgency.
_CALLER = re.compile(
    r"(?:(?i:\b(?:this is|my name is|je m'appelle|me llamo|mein name ist|ich heisse|ich heiße))"
    r"(?: (?:Mr|Mrs|Ms|Dr|Frau|Herr|Mme)\.?)? [A-ZÀ-Þ][\w'’-]+(?: [A-ZÀ-Þ][\w'’-]+){1,2}"
    r"|\b(?:Mr|Mrs|Ms|Herr|Frau|Mme|Señora?|Sr|Sra)\.? [A-ZÀ-Þ][\w'’-]+)(?:[.,;:!]|\b)"
)
_WORD = re.compile(r"\w+")
MIN_COVERAGE = 0.6  # share of the words of a short text that a glossary must know


@dataclass(frozen=True, slots=True)
class Reading:
    """Text for the encoder; `starts[i]`, `ends[i]`: the message's characters behind text[i].

    -1 where a character stands for nothing in the message (the facts put in front).
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def moved(self, by: int) -> "Reading":
        """The same reading of a message that has `by` more characters in front."""
        starts = tuple(at + by if at >= 0 else at for at in self.starts)
        return Reading(self.text, starts, tuple(at + by if at >= 0 else at for at in self.ends))

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Characters of the message behind text[start:end]; None when there are none."""
        begins = [at for at in self.starts[start:end] if at >= 0]
        return (min(begins), max(self.ends[start:end])) if begins else None


@dataclass(frozen=True, slots=True)
class Replacement:
    start: int
    end: int
    words: str


def read(
    message: str, *, age_years: float | None = None, sex: str = "", language: str = ""
) -> Reading:
    """Put a message into words. `language`: ISO 639-1 code, "" when unknown."""
    found = _vital_words(message, age_years)
    found += _free(_callers(message), found)
    code = language if language in GLOSSED else _short_language(message, language)
    if code:
        found += _free(_glossed(message, code), found)
        return _join(_facts(message, age_years, sex), message, found, keep_rest=False)
    found += _free(_expanded(message), found)
    return _join(_facts(message, age_years, sex), message, found, keep_rest=True)


def _facts(message: str, age_years: float | None, sex: str) -> str:
    """What is known besides the words: age group and sex."""
    age = age_years if age_years is not None else parse_age(message)
    group = "" if age is None else next(
        word for upper, word in ((0.25, "newborn baby"), (1, "infant"), (4, "toddler"),
                                 (13, "child"), (18, "teenager"), (65, "adult"), (200, "elderly"))
        if age < upper
    )  # fmt: skip
    person = {"f": " female", "m": " male"}.get(sex[:1].lower(), "") if group else ""
    return f"{group}{person}: " if group else ""


def _vital_words(message: str, age_years: float | None) -> list[Replacement]:
    """Abnormal readings in words; normal ones once together, so that they bury nothing."""
    age = age_years if age_years is not None else parse_age(message)
    vitals = parse_vitals(message)
    said = {name: describe(name, value, age) for name, value in vitals.values.items()}
    quiet = all(words in CALM for words in said.values())
    taken: list[Replacement] = []
    for name, (start, end) in sorted(vitals.spans.items(), key=lambda item: item[1]):
        words = said[name]
        if words in CALM:
            words, quiet = ("vital signs normal" if quiet else ""), False
            begin, end = _with_marks(message, start, end)
            start = max(begin, max((item.end for item in taken if item.end <= start), default=0))
        taken += _free([Replacement(start, end, f" {words} ")], taken)
    return taken


def _with_marks(message: str, start: int, end: int) -> tuple[int, int]:
    """A reading with its unit and the comma before it."""
    unit = _UNIT.match(message, end)
    while start > 0 and message[start - 1] in " ,;|/":
        start -= 1
    return start, unit.end() if unit else end


def _callers(message: str) -> list[Replacement]:
    """Names of people: "This is Ada Obi." goes, "Mr Obi" becomes a patient."""
    return [
        Replacement(*match.span(), "the patient " if match.group()[:1] in "MHFS" else "")
        for match in _CALLER.finditer(message)
    ]


def _free(new: list[Replacement], taken: list[Replacement]) -> list[Replacement]:
    """Those of `new` that overlap nothing that is taken."""
    return [
        item for item in new
        if not any(item.start < other.end and other.start < item.end for other in taken)
    ]  # fmt: skip


def _expanded(message: str) -> list[Replacement]:
    table, pattern = _abbreviations()
    found = []
    for match in pattern.finditer(message):
        key = match.group()
        words = table.get(key) or table.get(key.lower())
        if words:
            found.append(Replacement(*match.span(), words))
    return found


def _glossed(message: str, code: str) -> list[Replacement]:
    glossary, text = glossary_of(code), plain(message)
    found, at = [], 0
    for word in _WORD.finditer(text):
        if word.start() < at:  # inside what was found before
            continue
        match = glossary.longest(text, word)
        if match:
            found.append(Replacement(word.start(), match[0], f"{match[1]} "))
            at = match[0]
    return found


def _short_language(message: str, language: str) -> str:
    """The glossary that knows most words of a text too short for language detection."""
    if language:
        return ""
    num_words = len(re.findall(r"[^\W\d_]+", message))
    best, share = "", MIN_COVERAGE
    for code in GLOSSED:
        known = sum(
            len(re.findall(r"[^\W\d_]+", message[item.start : item.end]))
            for item in _glossed(message, code)
            # A word that both languages have tells nothing.
            if item.words.strip() != message[item.start : item.end].lower()
        )
        if num_words and known / num_words >= share:
            best, share = code, known / num_words
    return best


def _join(facts: str, message: str, found: list[Replacement], *, keep_rest: bool) -> Reading:
    text, starts, ends = [facts], [-1] * len(facts), [-1] * len(facts)
    at = 0
    for item in [
        *sorted(found, key=lambda item: item.start),
        Replacement(len(message), len(message), ""),
    ]:
        kept = message[at : item.start]
        if not keep_rest:  # words of another language say nothing to the encoder
            kept = re.sub(r"[^\W\d_]", "", kept)
            kept = re.sub(r"\s+", " ", kept)
        text.append(kept)
        starts += range(at, at + len(kept)) if keep_rest else [-1] * len(kept)
        ends += range(at + 1, at + 1 + len(kept)) if keep_rest else [-1] * len(kept)
        text.append(item.words)
        starts += [item.start] * len(item.words)
        ends += [item.end] * len(item.words)
        at = item.end
    return Reading("".join(text), tuple(starts), tuple(ends))


@lru_cache(maxsize=1)
def _abbreviations() -> tuple[dict[str, str], re.Pattern[str]]:
    table = {**entries("abbreviations"), **entries("spellings")}
    keys = sorted(table, key=len, reverse=True)
    # Capital-only shorthand ("OD", "MI", "SI") is not read out of ordinary lower-case words.
    cased = [re.escape(key) for key in keys if key.isupper() or len(key) <= 2]
    either = [f"(?i:{re.escape(key)})" for key in keys if not (key.isupper() or len(key) <= 2)]
    for key in keys:
        table.setdefault(key.lower(), table[key]) if not key.isupper() else None
    body = "|".join(sorted(cased + either, key=len, reverse=True))
    return table, re.compile(rf"(?<![\w/])(?:{body})(?![\w/])")
