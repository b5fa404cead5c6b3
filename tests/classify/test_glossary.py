"""Looking up stretches of a message in a glossary."""

import re

import pytest

from triage.classify.glossary import Glossary, glossary_of

TABLE = {"ne": "not", "ne respire plus": "not breathing", "respir*": "breathing", "mal": "pain",
         "n'a plus mal": "no more pain", "a plus conscien*": "unconscious"}  # fmt: skip


def _found(text, at=0):
    word = re.compile(r"\w+").match(text, at)
    return Glossary(TABLE).longest(text, word)


@pytest.mark.parametrize(
    ("text", "end", "words"),
    [
        ("ne respire plus du tout", 15, "not breathing"),
        ("ne respire pas", 2, "not"),
        ("respirait encore", 9, "breathing"),
        ("n'a plus mal", 12, "no more pain"),
        ("a plus conscience", 17, "unconscious"),
        ("mal.", 3, "pain"),
    ],
)
def test_the_longest_entry_wins(text, end, words):
    assert _found(text) == (end, words)


@pytest.mark.parametrize("text", ["malade", "nerf", "re", "plus mal"])
def test_part_of_a_word_is_no_word(text):
    assert _found(text) is None


def test_a_key_without_a_word_is_named():
    with pytest.raises(ValueError, match=r"'\*'"):
        Glossary({"*": "anything"})


@pytest.mark.parametrize(
    ("code", "text", "words"),
    [
        ("es", "no respira bien", "not breathing well"),
        ("fr", "ne respire plus", "not breathing"),
        ("de", "atmet nicht", "not breathing"),
    ],
)
def test_each_languages_glossary_is_read(code, text, words):
    found = glossary_of(code).longest(text, re.compile(r"\w+").match(text))
    assert found == (len(text), words)
