"""One line of a draft held against what it may say: the card's lines, the report's facts."""

import re
from difflib import SequenceMatcher, get_close_matches

from triage.classify.injection import has_instructions
from triage.llm.facts import PatientFacts

SAME_ENOUGH = 0.82  # similarity of a draft's line to a card's line, 0–1
SAME_WORD = 0.75  # of a word to a word
NOT_ON_CARD = "not on the protocol card"
FROM_MESSAGE = "taken from the message, not from the card"
REPEATS_ORDER = "repeats an instruction from the message"
DOSE = "names a dose"
DIAGNOSIS = "sounds like a diagnosis"
PROMISE = "promises a time of arrival"

_COUNT = r"(?:\d+(?:[.,/]\d+)?|half|an?|one|two|three|four|five|six)"
_DOSE = re.compile(
    rf"\b{_COUNT}\s*(?:(?:more|small|whole)\s+)?(?:mg|mcg|µg|micrograms?|milligrams?|g|grams?|ml|"
    r"millilit(?:re|er)s?|units?|iu|tablets?|pills?|capsules?|puffs?|drops?|ampoules?|sachets?)\b",
    re.IGNORECASE,
)
_DIAGNOSIS = re.compile(
    r"\b(?:diagnos\w+|(?:you|he|she|they) (?:have|has|are having|is having) (?:an? |had )?"
    r"(?:\w+ )?(?:attack|stroke|infarct\w*|sepsis|meningitis|infection|embolism|cancer|"
    r"appendicitis|pneumonia)|this is (?:a case of|an? \w+ (?:attack|infarction))|"
    r"suffer\w* from)\b",
    re.IGNORECASE,
)
_PROMISE = re.compile(
    r"\b(?:will (?:arrive|be (?:there|with you))|arriv\w+|there) (?:in|within)\b"
    r"|\bminutes? away\b|\bon (?:its|their|the) way\b",
    re.IGNORECASE,
)
_MARKER = re.compile(r"^\s*(?:\d+[.)]|[-*•])\s*")
# What turns an instruction into another one, however alike the rest is.
_DECISIVE = re.compile(
    r"\b(?:not|no|never|nothing|nobody|don'?t|cannot|can'?t|without|unless|only|\d+(?:[.,]\d+)?|"
    r"one|two|three|four|five|six|seven|eight|nine|ten|fifteen|twenty|thirty|forty|sixty|left|"
    r"right|before|after|cold|cool|hot|warm|under|above|below)\b",
    re.IGNORECASE,
)
_AGE = re.compile(r"\b(\d{1,3})[ -](year|month|week|day)s?\b")
_ECHO_WORDS = 5  # words in a row from the message make a line the message's


def strip_marker(line: str) -> str:
    """A list's line without its number or dash."""
    return _MARKER.sub("", line).strip()


def traceable(line: str, sources: tuple[str, ...]) -> bool:
    """Whether a line says what one of the card's lines says, in nearly the same words.

    Numbers and negations must be the very same, and no word may be new, slips of spelling
    aside: each can turn a right instruction into a wrong one.
    """
    wanted = normal(line)
    plain = [normal(source) for source in sources]
    if wanted in plain:
        return True
    decisive = _decisive(line)
    return any(
        decisive == _decisive(source)
        and not _new_words(wanted, bare)
        and SequenceMatcher(None, wanted, bare, autojunk=False).ratio() >= SAME_ENOUGH
        for source, bare in zip(sources, plain, strict=True)
    )


def line_reasons(body: str, sources: tuple[str, ...], message: str) -> list[str]:
    """What is wrong with a line of any section but the summary."""
    if traceable(body, sources):
        # A card's own words may name a time or a number; the cards are linted for doses.
        return []
    reasons = [FROM_MESSAGE if _echoes(body, message) else NOT_ON_CARD]
    if has_instructions(body):
        reasons.append(REPEATS_ORDER)
    return reasons + forbidden(body)


def summary_reasons(
    body: str, title: str, facts: PatientFacts, urgency: int, message: str
) -> list[str]:
    """What is wrong with the summary: wrong level, facts left out or nobody reported."""
    known = [fact for fact in (facts.who, facts.sex, facts.age, facts.place) if fact]
    reasons = []
    level = re.search(r"\blevel (\d)\b", body, re.IGNORECASE)
    if level and int(level[1]) != urgency:
        reasons.append(f"says level {level[1]}; the level is {urgency}")
    said = normal(body)
    missing = [fact for fact in known if normal(fact) not in said]
    if missing:
        reasons.append("leaves out: " + ", ".join(missing))
    invented = _invented(body, title, facts, message)
    if invented:
        reasons.append("says what nobody reported: " + ", ".join(invented))
    if has_instructions(body.split(title)[-1] if title in body else body[8:]):
        reasons.append(REPEATS_ORDER)
    return reasons + forbidden(body.replace(facts.place, "") if facts.place else body)


def _invented(body: str, title: str, facts: PatientFacts, message: str) -> list[str]:
    """Parts of the summary without a source.

    In the form asked for, "Level 2, urgent: title, who, sex, age, at place.", every part is
    held against the facts. A model that writes freely is held to its numbers and ages.
    """
    head = re.match(r"Level \d, [\w -]+: ", body)
    if head and body[head.end() :].startswith(title):
        rest = body[head.end() + len(title) :].rstrip(".")
        return _parts_without_source(rest, facts)
    reported = f"{title} {facts.age} {facts.place} {message}"
    ages = {f"{n} {unit}s" for n, unit in _AGE.findall(body)}
    sourced = {f"{n} {unit}s" for n, unit in _AGE.findall(reported)}
    numbers = set(re.findall(r"\d+", body[8:])) - set(re.findall(r"\d+", reported))
    return sorted(ages - sourced) + sorted(n for n in numbers if not any(n in a for a in ages))


def _parts_without_source(rest: str, facts: PatientFacts) -> list[str]:
    place = f", at {facts.place.rstrip('.')}" if facts.place else ""
    if place and rest.endswith(place):
        rest = rest[: -len(place)]
    parts = [part.strip() for part in rest.split(",") if part.strip()]
    return [part for part in parts if part not in (facts.who, facts.sex, facts.age)]


def forbidden(body: str) -> list[str]:
    found = ((_DOSE, DOSE), (_DIAGNOSIS, DIAGNOSIS), (_PROMISE, PROMISE))
    return [reason for pattern, reason in found if pattern.search(body)]


def _decisive(line: str) -> list[str]:
    return sorted(word.lower() for word in _DECISIVE.findall(line))


def _new_words(line: str, source: str) -> list[str]:
    """Words of a line that are not in its source, nor nearly; the shortest say nothing."""
    known = source.split()
    return [
        word
        for word in line.split()
        if len(word) > 3 and not get_close_matches(word, known, n=1, cutoff=SAME_WORD)
    ]


def _echoes(line: str, message: str) -> bool:
    words, whole = normal(line).split(), f" {normal(message)} "
    span = min(_ECHO_WORDS, len(words))
    return span >= 2 and any(
        f" {' '.join(words[at : at + span])} " in whole for at in range(len(words) - span + 1)
    )


def normal(text: str) -> str:
    """Words in lower case, nothing else: what two lines are compared by."""
    return re.sub(r"\W+", " ", text.lower()).strip()
