"""Stretches of a message that are about something else than the patient.

The urgency model gives each token a share, 0–1: how likely it belongs to an aside (small talk,
directions, who is calling, words to the software). A model that pools over the whole message is
diluted by them, so a message that holds some is read again without (see versions.py).
"""

from collections.abc import Sequence
from itertools import groupby

Span = tuple[int, int]
WINDOW = 5  # tokens whose mean decides about the one in their middle
MIN_TOKENS = 4  # shorter stretches dilute nothing
SURE = 0.3  # a mistaken mark costs a reading more, a missed one may lower a level


def aside_spans(shares: Sequence[float], offsets: Sequence[Span], text: str) -> tuple[Span, ...]:
    """The characters of each aside in `text`; `offsets`: of each token, (0, 0) for none."""
    tokens = [(share, *pair) for share, pair in zip(shares, offsets, strict=True)
              if pair[1] > pair[0]]  # fmt: skip
    near = [_mean_around(tokens, index) > SURE for index in range(len(tokens))]
    found: list[Span] = []
    for inside, run in groupby(range(len(tokens)), key=near.__getitem__):
        # The mean reaches beyond the stretch: it begins and ends with a sure token.
        sure = [index for index in run if tokens[index][0] > SURE] if inside else []
        if sure and sure[-1] - sure[0] + 1 >= MIN_TOKENS:
            found.append(_whole_words(text, tokens[sure[0]][1], tokens[sure[-1]][2]))
    return tuple(found)


def _mean_around(tokens: Sequence[tuple[float, int, int]], index: int) -> float:
    near = tokens[max(0, index - WINDOW // 2) : index + WINDOW // 2 + 1]
    return sum(share for share, _start, _end in near) / len(near)


def _whole_words(text: str, start: int, end: int) -> Span:
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        end += 1
    return start, end
