"""What a step of the engine has left to give: slots, KV memory, tokens.

A waiting request needs all three. Stock vLLM takes none of them from a running request for the
sake of a waiting one; our scheduler does, so it must know which is short.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Room:
    """Free slots, free KV blocks, and tokens that running requests leave of the step."""

    slots: int
    blocks: int
    tokens: int
    step_tokens: int  # of a whole step
    block_size: int  # tokens in a block
    watermark_blocks: int = 0  # must stay free when a request is let in
    groups: int = 1  # kinds of cache, each with blocks of its own

    def lacks(self, request: Any) -> str:
        """What is missing for a waiting request: "slot", "memory", "tokens", or "" for nothing."""
        if self.slots < 1:
            return "slot"
        if self._blocks_for(request) + self.watermark_blocks > self.blocks:
            return "memory"
        # Half a step is worth starting with; a whole one may be free only much later.
        if self.tokens < min(request.num_tokens, 1 + self.step_tokens // 2):
            return "tokens"
        return ""

    def seat(self, request: Any) -> None:
        """Promise a waiting request what it needs."""
        self.slots -= 1
        self.blocks -= self._blocks_for(request)
        self.tokens = max(0, self.tokens - request.num_tokens)

    def _blocks_for(self, request: Any) -> int:
        # One more than it has: the next token needs a place too. Blocks it may find in the
        # prefix cache are not deducted, so this errs towards making room.
        num_tokens: int = request.num_tokens + 1
        return self.groups * -(-num_tokens // self.block_size)


def tokens_wanted(request: Any, longest_chunk: int = 0) -> int:
    """Tokens that a running request asks of the next step: one, or more while it reads."""
    known = request.num_tokens_with_spec + request.num_output_placeholders
    wanted = max(0, int(known - request.num_computed_tokens))
    return min(wanted, longest_chunk) if longest_chunk > 0 else wanted
