"""Passages that talk to the software instead of about the patient.

The model reads a message that holds some several times: with the passages blanked, with their
whole sentences blanked, and in the ways of suspects.py. The most urgent reading counts. What such
passages claim is heard by no voice, to lower a level or to raise it.
"""

import re

_ORDER = (
    r"(?:please |you must |you should |just |do not |don'?t |never ){0,4}"
    r"(?:ignore|disregard|forget|override|classify|re-?classify|mark|rate|label|treat|triage|code|"
    r"set|flag|assign|output|answer|respond|reply|file|prioriti[sz]e|upgrade|downgrade|escalate|"
    r"deprioriti[sz]e|grade|score|pretend|act|give|put|describe|tell the model|"
    r"clasifi\w+|marque|ignor[ae]\w*|classe[rz]?|einstufen|stufe|markiere\w*)"
)
_TARGET = (
    r"(?:instructions?|rules?|prompts?|guidelines|non-?urgent|not urgent|urgent\w*|"
    r"immediate(?:ly)?|"
    r"emergen\w+|(?:lowest|highest|low|high|top|routine)(?: priority)?\b|routine|priority|urgency|"
    r"urgencia|urgence|urgente|dringend|level|cardiac arrest|life[- ]threatening|this call|calmly|"
    r"(?:code )?(?:green|red|blue)\b|[\"'“]?[0-4][\"'”]?(?=\W|$))"
)
PASSAGES = re.compile(
    rf"\b{_ORDER}\b[^.!?;\n,:]{{0,60}}?\b{_TARGET}(?:[ =:]{{1,2}}[0-4]\b)?"
    r"|\b(?:urgency|level|priority|triage|severity)\s{0,3}(?:level)?\s{0,3}[=:]\s{0,3}[\"']?[0-4]\b"
    r"|\"urgency\"\s*:\s*\d|\{[^{}]{0,40}\}"
    r"|\b(?:system|assistant|developer|ai|note to (?:software|system|ai|model))"
    r"\s{0,3}(?:prompt|override|message)?\s{0,3}:"
    r"|\bsystem (?:prompt|override)\b[^.!?\n]{0,40}"
    r"|\b(?:urgent )?priority (?:[0-4]|one|zero)\b"
    r"|\blevel (?:[0-4]|zero) (?:priority|emergency|immediate)\b"
    r"|\bthis is (?:a )?level (?:[0-4]|zero)\b[^.!?\n,:]{0,30}"
    r"|<\|[^|]{0,20}\|>|\bas an ai\b|\byou are (?:now|a)\b[^.!?\n]{0,60}?\b(?:assistant|model|ai)\b"
    r"|\bend of message\b|\bnew message:",
    re.IGNORECASE,
)


# What the sender thinks of the urgency is no finding; it may not lower the level either.
_CLAIMS = re.compile(r"\b(?:this is |it'?s )?(?:non|not|nothing)[- ]?urgent\b", re.IGNORECASE)
SENTENCE = re.compile(r"(?:[^.!?;\n]|\.(?=\d))+[.!?;\n]*")


def without_instructions(text: str) -> str:
    """The text with such passages blanked, all other characters where they were."""
    return _CLAIMS.sub(_blank, PASSAGES.sub(_blank, text))


def without_steered_sentences(text: str) -> str:
    """The text with every sentence blanked that holds such a passage."""
    return SENTENCE.sub(
        lambda found: _blank(found) if PASSAGES.search(found.group()) else found.group(), text
    )


def has_instructions(text: str) -> bool:
    """True when the text tries to steer the software."""
    return bool(PASSAGES.search(text))


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())
