"""Which words spoke for the level: each token's share in the logits of the level head.

The head is linear in the mean and the maximum of the tokens' states, so a logit falls apart
exactly: a token has its part of the mean, and every maximum that it holds.
"""

from dataclasses import dataclass

import torch
from torch import nn

from triage.classify.types import LEAST_URGENT

SALIENT_TOKENS = 6


@dataclass(frozen=True, slots=True)
class Shares:
    """One text as the model read it. `by_level`: [tokens, 4]; `offsets`: characters of each
    token, (0, 0) for those that stand for none."""

    by_level: torch.Tensor
    offsets: list[tuple[int, int]]

    def span(self, text: str, level: int) -> tuple[int, int] | None:
        """The few words that speak most for "at most this level" (for level 4: against more)."""
        shares = self.by_level[:, min(level, LEAST_URGENT - 1)]
        if level == LEAST_URGENT:
            shares = -shares
        window = min(SALIENT_TOKENS, len(shares))
        first = int(shares.unfold(0, window, 1).sum(1).argmax())
        inside = [pair for pair in self.offsets[first : first + window] if pair[1] > pair[0]]
        return _whole_words(text, inside[0][0], inside[-1][1]) if inside else None


def shares_of(
    head: nn.Linear, hidden: torch.Tensor, num_tokens: torch.Tensor, top: torch.Tensor
) -> torch.Tensor:
    """[batch, tokens, 4] shares in the cumulative logits, padding included.

    hidden: [batch, tokens, size] states; num_tokens: [batch]; top: [batch, size], the token that
    holds each maximum; head: over [mean, maximum], so of 2 × size inputs.
    """
    size = hidden.shape[-1]
    shares = (hidden @ head.weight[:, :size].T) / num_tokens.view(-1, 1, 1)
    peaks = hidden.gather(1, top.unsqueeze(1)).squeeze(1)  # [batch, size]
    peaks = peaks.unsqueeze(2) * head.weight[:, size:].T  # [batch, size, 4]
    return shares.scatter_add(1, top.unsqueeze(2).expand_as(peaks), peaks)


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return start, end
