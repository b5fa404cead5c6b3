"""Text in lower case without accents, character for character."""

import unicodedata


def plain(text: str) -> str:
    """Lower case, no accents, straight quotes; as long as the text, so that spans still fit."""
    return "".join(_plain(char) for char in text)


def _plain(char: str) -> str:
    if char in "’‘ʼ`´":
        return "'"
    lowered = char.lower()
    base = unicodedata.normalize("NFD", lowered)[:1]
    return base or char
