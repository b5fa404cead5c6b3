"""Whether a message can be understood at all, and in which language it is."""

import re
from functools import lru_cache

from triage.classify.lexicon import entries
from triage.classify.vitals import parse_vitals

READABLE = ("en", "es", "fr", "de")  # what the model has been trained on
MIN_LETTERS = 4
MIN_WORDS_TO_JUDGE = 5  # language detection on fewer words is a guess
SURE_READABLE, SURE_OTHER = 0.8, 0.95  # shorthand looks like many languages, a little
_WORD = re.compile(r"[^\W\d_]{2,}")
_VOWEL = re.compile(r"[aeiouyáéíóúäöüàèùâêîôûœ]", re.IGNORECASE)


@lru_cache(maxsize=1)
def _identifier():
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([*READABLE, "it", "pt", "nl", "pl", "tr", "ar", "ru", "zh", "ro"])
    return identifier


def language_of(text: str) -> str:
    """ISO 639-1 code of the likeliest language; empty when the text does not tell."""
    latin = sum(char.isascii() or "\u00c0" <= char <= "\u024f" for char in text)
    if latin < len(text) * 0.7:
        return str(_identifier().classify(text)[0])
    words = _WORD.findall(text)
    if len(words) < MIN_WORDS_TO_JUDGE:
        return ""
    code, probability = _identifier().classify(" ".join(words))
    return str(code) if probability >= (SURE_READABLE if code in READABLE else SURE_OTHER) else ""


def why_not_understood(text: str, language: str) -> str:
    """Why no machine should judge this message; empty when it can be judged."""
    letters = sum(char.isalpha() for char in text)
    bare = text.strip(" .!?")
    if any(key in entries("abbreviations") for key in (bare, bare.upper(), bare.lower())):
        return ""
    if letters < MIN_LETTERS:
        return "the message is almost empty"
    words = _WORD.findall(text)
    foreign_script = sum(ord(char) > 0x24F for char in text if char.isalpha()) > letters / 2
    if foreign_script:
        return f"the message is in a language the model cannot read ({language or 'unknown'})"
    if parse_vitals(text).values:
        return ""
    if not words or sum(_is_word(word) for word in words) < len(words) / 2:
        return "the message looks like noise"
    if language and language not in READABLE:
        return f"the message is in a language the model cannot read ({language})"
    return ""


def _is_word(word: str) -> bool:
    return bool(_VOWEL.search(word)) or word.isupper()
