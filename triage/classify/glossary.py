"""The longest entry of a glossary at a word: a lookup by its first word, no large expression.

An expression of 3,000 alternatives takes some 50 ms to compile, in the middle of the first
message of its language.
"""

import re
from collections import defaultdict
from functools import lru_cache

from triage.classify.lexicon import entries
from triage.classify.plain import plain

_FIRST_WORD = re.compile(r"\w+")
_REST_OF_WORD = re.compile(r"\w*")
MIN_STEM = 3  # letters


class Glossary:
    """Entries `key = words`; a key that ends with `*` stands for every word that begins so."""

    def __init__(self, table: dict[str, str]) -> None:
        """`table`: keys in small letters without accents. Raises ValueError for a key that begins
        with no letter or digit."""
        self._by_first: dict[str, list[tuple[str, bool, str]]] = defaultdict(list)
        self._stems: dict[str, str] = {}  # of one word each
        # The longest first: the first that fits is the one.
        for key in sorted(table, key=len, reverse=True):
            first = _FIRST_WORD.match(key)
            if first is None:
                raise ValueError(f"The glossary's key {key!r} begins with no word.")
            bare, is_stem = key.removesuffix("*"), key.endswith("*")
            if is_stem and first.end() == len(bare):
                self._stems[bare] = table[key]
            else:
                self._by_first[first.group()].append((bare, is_stem, table[key]))

    def longest(self, text: str, word: re.Match[str]) -> tuple[int, str] | None:
        """Where the longest entry that begins with `word` of `text` ends, and its words."""
        for bare, is_stem, words in self._by_first.get(word.group(), ()):
            if text.startswith(bare, word.start()):
                end = word.start() + len(bare)
                end_of_word = _end_of_word(text, end)
                if is_stem:
                    return end_of_word, words
                if end == end_of_word or not bare[-1].isalnum():
                    return end, words
        for cut in range(len(word.group()), MIN_STEM - 1, -1):
            if word.group()[:cut] in self._stems:
                return word.end(), self._stems[word.group()[:cut]]
        return None


def _end_of_word(text: str, at: int) -> int:
    found = _REST_OF_WORD.match(text, at)
    return found.end() if found else at


@lru_cache(maxsize=3)
def glossary_of(code: str) -> Glossary:
    """The glossary of a language, ISO 639-1."""
    return Glossary({plain(key): words for key, words in entries(code).items()})
