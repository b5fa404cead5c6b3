"""Whether the words before a finding take it back, or put it into the past."""

import re

# How far before a finding a negation still belongs to it.
WINDOW_CHARS = 40
_NEGATIONS = re.compile(
    r"\b(no|not|nor|without|denies|denied|never|none|negative for|isn'?t|wasn'?t|doesn'?t|"
    r"don'?t|hasn'?t|haven'?t|didn'?t|sin|sans|pas de|nicht|kein|keine|keinen|ohne|free of)\b",
    re.IGNORECASE,
)
# A form's answer ends there: "knocked out: no," but not "chest pain: no relief".
_ANSWERED_NO = re.compile(
    r"\s?[:=]\s?(?:no|none|nil|nein|non)(?=\s*(?:[,;.>|/\n]|$))", re.IGNORECASE
)
_CLAUSE_END = re.compile(r"[.;:!?]|\b(but|however|now|aber|pero|mais|and then|although)\b", re.I)
_PAST = re.compile(
    r"\b(years? ago|months? ago|last (?:year|month)|in (?:19|20)\d\d|as a child|history of|"
    r"hx(?: of)?|previous|previously|had an? old|recovered|h/o"
    r"|(?<!years )(?<!year )(?<!months )(?<!weeks )(?<!days )(?<!-)old)\b",  # not an age
    re.IGNORECASE,
)


def is_negated(text: str, start: int, end: int) -> bool:
    """True when a negation in the same clause stands shortly before text[start:end], or a form's
    "no" right behind it.

    "no chest pain" is no evidence of chest pain; "not only chest pain" is rare enough to lose.
    """
    if _ANSWERED_NO.match(text, end):
        return True
    before = text[max(0, start - WINDOW_CHARS) : start]
    ends = list(_CLAUSE_END.finditer(before))
    clause = before[ends[-1].end() :] if ends else before
    return bool(_NEGATIONS.search(clause))


def is_past(text: str, start: int, end: int) -> bool:
    """True when the finding is told as history ("stroke in 2015", "hx of seizures")."""
    around_start, around_end = max(0, start - 25), min(len(text), end + 35)
    before, after = text[around_start:start], text[end:around_end]
    after_ends = _CLAUSE_END.search(after)
    if after_ends:
        after = after[: after_ends.start()]
    before_ends = list(_CLAUSE_END.finditer(before))
    if before_ends:
        before = before[before_ends[-1].end() :]
    return bool(_PAST.search(before) or _PAST.search(after))
