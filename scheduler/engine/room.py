"""What a step of the engine has left to give: slots, KV memory, tokens.

A waiting request needs all three. Stock vLLM takes none of them from a running request for the
sake of a waiting one; our scheduler does, so it must know which is short. Reads vLLM's
scheduler through the attributes that `tests/scheduler/test_vllm_seam.py` pins.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Room:
    """Free slots, free KV blocks, and tokens of the step that nobody has claimed yet.

    Made in O(running), then kept up to date in O(1) for each who is seated or yields, besides
    looking through the blocks that a victim holds.
    """

    engine: Any  # vLLM's scheduler
    slots: int
    asked_blocks: int  # by those running and those seated
    freed_blocks: int  # by those who would yield, but have not yet
    tokens: int  # below zero: more is asked for than the step has
    prompt_tokens: int  # of prompts that are read in the step so far
    calm_tokens: int  # of prompts that a step may read for calm requests

    @classmethod
    def of(cls, engine: Any, running: Iterable[Any], calm_tokens: int) -> "Room":
        """What the step to come has beside what the running requests ask of it."""
        room = cls(
            engine=engine,
            slots=engine.max_num_active_reqs - engine.num_waiting_for_streaming_input,
            asked_blocks=0,
            freed_blocks=0,
            tokens=engine.max_num_scheduled_tokens,
            prompt_tokens=0,
            calm_tokens=calm_tokens,
        )
        for request in running:
            room._take(request, 1)
        return room

    @property
    def blocks(self) -> int:
        """Free KV blocks that nobody asks for."""
        free = int(self.engine.kv_cache_manager.block_pool.get_num_free_blocks())
        return free + self.freed_blocks - self.asked_blocks

    def lacks(self, request: Any, *, is_calm: bool = False) -> str:
        """What is missing for a waiting request: "slot", "memory", "tokens", or "" for nothing."""
        if self.slots < 1:
            return "slot"
        if self._lacks_memory(request):
            return "memory"
        most, free = self.engine.max_num_scheduled_tokens, self.tokens
        wanted = self._wanted(request) if request.num_computed_tokens else request.num_tokens
        if is_calm and wanted > 1:
            most, free = self.calm_tokens, min(free, self.calm_tokens - self.prompt_tokens)
        # Half a step is worth starting with; a whole one may be free only much later.
        return "tokens" if free < min(wanted, 1 + most // 2) else ""

    def seat(self, request: Any) -> None:
        """Promise a waiting request what it needs."""
        self.slots -= 1
        self.asked_blocks += self._needed_blocks(request)
        self.tokens -= request.num_tokens
        self.prompt_tokens += request.num_tokens

    def resume(self, request: Any) -> None:
        """A paused request runs again, with the blocks that it kept."""
        self._take(request, 1)

    def give_back(self, request: Any, *, keeps_blocks: bool) -> None:
        """What a running request would set free by yielding."""
        self._take(request, -1)
        if not keeps_blocks:
            self.give_blocks(request)

    def give_blocks(self, request: Any) -> None:
        """The blocks that a request would set free."""
        if self.engine._request_blocks_can_be_freed(request):
            held = self.engine.kv_cache_manager.get_blocks(request.request_id).blocks
            # Blocks of a prompt that others share stay taken.
            self.freed_blocks += sum(block.ref_cnt == 1 for group in held for block in group)

    def have_yielded(self) -> None:
        """Who would yield has done so: what that set free is free in truth, and more of it where
        several shared a block."""
        self.freed_blocks = 0

    def _lacks_memory(self, request: Any) -> bool:
        watermark: int = self.engine.kv_cache_manager.watermark_blocks
        return self._needed_blocks(request) + watermark > self.blocks

    def _needed_blocks(self, request: Any) -> int:
        """Free blocks that a waiting request needs. Those of a prompt that others share and use
        are there already; they are looked up only when it comes to that."""
        if request.num_computed_tokens:  # it kept its own
            return self._growth(request, self._wanted(request))
        manager, needed = self.engine.kv_cache_manager, self._blocks_for(request)
        if needed + manager.watermark_blocks <= self.blocks:
            return needed
        shared, _, _ = manager.get_computed_blocks(request)
        in_use = sum(block.ref_cnt > 0 for group in shared.blocks for block in group)
        return needed - int(in_use)

    def _take(self, request: Any, sign: int) -> None:
        wanted = self._wanted(request)
        self.slots -= sign
        self.asked_blocks += sign * self._growth(request, wanted)
        self.tokens -= sign * wanted
        if reads_prompt(self.engine, request):
            self.prompt_tokens += sign * wanted

    def _wanted(self, request: Any) -> int:
        return tokens_wanted(request, self.engine.scheduler_config.long_prefill_token_threshold)

    def _growth(self, request: Any, num_tokens: int) -> int:
        """Blocks that a running request needs besides those it has, for so many tokens."""
        done, size = request.num_computed_tokens, int(self.engine.block_size)
        grown: int = -(-(done + num_tokens) // size) - -(-done // size)
        return grown * max(1, len(self.engine.kv_cache_config.kv_cache_groups))

    def _blocks_for(self, request: Any) -> int:
        # One more than it has: the next token needs a place too.
        num_tokens: int = request.num_tokens + 1
        groups = max(1, len(self.engine.kv_cache_config.kv_cache_groups))
        return groups * -(-num_tokens // int(self.engine.block_size))


def tokens_wanted(request: Any, longest_chunk: int = 0) -> int:
    """Tokens that a running request asks of the next step: one, or more while it reads."""
    known = request.num_tokens_with_spec + request.num_output_placeholders
    wanted = max(0, int(known - request.num_computed_tokens))
    return min(wanted, longest_chunk) if longest_chunk > 0 else wanted


def reads_prompt(engine: Any, request: Any) -> bool:
    """Whether a running request has more to read than what it generated last."""
    return tokens_wanted(request) > 1 + int(engine.num_spec_tokens)
