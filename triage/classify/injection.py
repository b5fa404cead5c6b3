"""Taking out sentences that talk to the software instead of about the patient."""

import re

_TO_THE_MACHINE = re.compile(
    r"ignore (?:all |any |the |your )?(?:previous |prior |above )?(?:instructions?|rules?|prompts?)"
    r"|disregard (?:all |the )?(?:previous|prior|above|instructions?|rules?)"
    r"|(?:please )?(?:classify|mark|rate|label|treat|triage|code|set|flag)"
    r" (?:this|it|me|him|her|as|the)[^.!?;\n]{0,40}?(?:as |to )?(?:an? )?"
    r"(?:level|priority|non-?urgent|urgent|immediate|low|high|\d)\b(?: \d)?"
    r"|classify as (?:an? )?(?:level )?(?:non-?urgent|urgent|immediate|emergent|\d)"
    r"|urgent priority \d|priority \d|level \d priority"
    r"|\bsystem ?(?:prompt)?:|<\|[^|]{0,20}\|>|\bas an ai\b|you are now\b",
    re.IGNORECASE,
)


def without_instructions(text: str) -> str:
    """The text with such passages blanked, all other characters where they were."""
    return _TO_THE_MACHINE.sub(lambda found: " " * len(found.group()), text)


def has_instructions(text: str) -> bool:
    """True when the text tries to steer the software."""
    return bool(_TO_THE_MACHINE.search(text))
