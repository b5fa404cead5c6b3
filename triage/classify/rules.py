"""Administrators' priority rules: matching one against a report, with RE2.

RE2 matches in linear time whatever the pattern, so no rule can hang the system.
"""

from datetime import datetime, time
from functools import lru_cache

import re2

from triage.classify.negation import is_negated
from triage.classify.types import Evidence, Report, Rule, Voice
from triage.classify.vitals import parse_age

MAX_PATTERN_CHARS = 500
_OPTIONS = re2.Options()
_OPTIONS.case_sensitive = False
_OPTIONS.max_mem = 1 << 20  # bytes of one compiled pattern
_OPTIONS.log_errors = False


def validate_pattern(pattern: str) -> None:
    """Check that RE2 takes the pattern. Raises ValueError with a sentence for a person."""
    if len(pattern) > MAX_PATTERN_CHARS:
        raise ValueError(f"The pattern is longer than {MAX_PATTERN_CHARS} characters.")
    try:
        _compile(pattern)
    except re2.error as error:
        text = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise ValueError(
            f"The pattern is not a valid RE2 expression ({text}). "
            "RE2 has no look-around and no back-references."
        ) from error


@lru_cache(maxsize=512)
def _compile(pattern: str):
    return re2.compile(pattern, _OPTIONS)


def match(rule: Rule, report: Report, now: datetime) -> Voice | None:
    """The rule's voice if all its conditions hold for the report, else None."""
    if not (_in_force(rule, now) and _fits_person(rule, report)):
        return None
    evidence: tuple[Evidence, ...] = ()
    if rule.words or rule.pattern:
        spans = _spans(rule, report.message)
        if not spans:
            return None
        evidence = tuple(
            Evidence(start, end, report.message[start:end], rule.reason, "rules")
            for start, end in spans
        )
    level = None if rule.action == "tag" else rule.level
    return Voice("rules", level, f"{rule.name}: {rule.reason}", evidence)


def _in_force(rule: Rule, now: datetime) -> bool:
    if rule.active_from and now < rule.active_from:
        return False
    if rule.active_until and now >= rule.active_until:
        return False
    return _within(now.time().replace(tzinfo=None), rule.time_from, rule.time_until)


def _within(moment: time, start: time | None, end: time | None) -> bool:
    start, end = start or time.min, end or time.max
    if start <= end:
        return start <= moment <= end
    return moment >= start or moment <= end  # over midnight


def _fits_person(rule: Rule, report: Report) -> bool:
    if rule.source_slug and rule.source_slug != report.source_slug:
        return False
    if rule.min_age is None and rule.max_age is None:
        return True
    age = report.age_years if report.age_years is not None else parse_age(report.message)
    if age is None:
        return False
    low = rule.min_age if rule.min_age is not None else 0
    high = rule.max_age if rule.max_age is not None else 999
    return low <= age <= high


def _spans(rule: Rule, message: str) -> list[tuple[int, int]]:
    """Where the rule's words (not negated) or pattern stand in the message."""
    spans = []
    for word in rule.words:
        found = _compile(r"\b" + re2.escape(word) + r"\b").search(message)
        if found and not is_negated(message, *found.span()):
            spans.append(found.span())
    if rule.pattern:
        try:
            found = _compile(rule.pattern).search(message)
        except re2.error:  # stored before it was checked: never a reason to fail
            found = None
        if found and found.end() > found.start():
            spans.append(found.span())
    return spans
