"""KV memory: what running requests hold, and what preempted ones keep while there is room.

Source: Semantic Scheduling for LLM Inference (arXiv 2506.12204), section on memory; vLLM's
prefix cache does the same with blocks. A preempted request's blocks stay until somebody needs
the room. Then the least deserving kept request, found in O(log n) on a max-heap, gives up just
as many blocks as are needed, its last ones first, and each time the cheaper of moving them to
the host's memory and reading them again later is chosen from the cost model.
"""

from dataclasses import dataclass

from scheduler.queue import IndexedQueue, Key
from scheduler.sim.cost import CostModel


@dataclass(slots=True)
class Kept:
    """What a preempted request still has: tokens in blocks here, tokens in the host's memory."""

    num_blocks: int
    gpu_tokens: int
    host_tokens: int = 0


class KvMemory:
    """Whole blocks of one engine. `used` is what is held and kept, never above `capacity`."""

    def __init__(self, cost: CostModel) -> None:
        self._cost = cost
        self._block = cost.block_tokens
        self.capacity = cost.kv_tokens // cost.block_tokens  # blocks
        self.held: dict[int, int] = {}  # running request → blocks
        self.kept: dict[int, Kept] = {}  # preempted request → what it has left
        self._victims: IndexedQueue[int] = IndexedQueue()  # kept blocks, the worst key first
        self._num_held = 0  # blocks of running requests
        self.used = 0
        self.peak = 0
        self.save_s = 0.0  # seconds of saving not yet charged to a step
        self.swapped_tokens = 0

    def blocks(self, num_tokens: int) -> int:
        """Blocks for that many tokens of context and the next one."""
        return num_tokens // self._block + 1

    @property
    def free(self) -> int:
        return self.capacity - self.used

    def seat(self, request_id: int, num_tokens: int) -> Kept | None:
        """A request gets a slot: hold its context, at the cost of kept ones.

        Returns what it still had, or None when there is no room (nothing changes then).
        """
        kept = self.kept.get(request_id)
        had = kept.num_blocks if kept else 0
        wanted = self.blocks(num_tokens) - had
        # What is kept may all go, but not its own.
        if wanted > self.capacity - self._num_held - had:
            return None
        if had:
            self._victims.remove(request_id)
        self.make_room(wanted)
        self.used += wanted
        self.held[request_id] = had + wanted
        self._num_held += had + wanted
        self.peak = max(self.peak, self.used)
        return self.kept.pop(request_id, None) or Kept(0, 0)

    def grow(self, request_id: int) -> bool:
        """A running request needs one more block. False: no room for it."""
        if self.capacity - self.used < 1 and not self.make_room(1):
            return False
        self.held[request_id] += 1
        self._num_held += 1
        self.used += 1
        self.peak = max(self.peak, self.used)
        return True

    def release(self, request_id: int) -> None:
        """A running request is done."""
        num_blocks = self.held.pop(request_id)
        self.used -= num_blocks
        self._num_held -= num_blocks

    def keep(self, request_id: int, num_tokens: int, key: Key) -> None:
        """A running request lost its slot; `num_tokens` of its context have been computed."""
        self.release(request_id)
        num_blocks = -(-num_tokens // self._block)
        if num_blocks:
            self.kept[request_id] = Kept(num_blocks, num_tokens)
            self.used += num_blocks
            # Of equals the later request goes first.
            place = (*[-value for value in key], -request_id)
            self._victims.push(request_id, place, request_id)

    def forget(self, request_id: int) -> None:
        """A preempted request went elsewhere; what it kept is free."""
        kept = self.kept.pop(request_id, None)
        if kept and kept.num_blocks:
            self.used -= kept.num_blocks
            self._victims.remove(request_id)

    def make_room(self, wanted: int) -> bool:
        """Evict kept blocks until `wanted` are free. False when that cannot be."""
        if wanted > self.capacity - self._num_held:
            return False
        while self.capacity - self.used < wanted:
            request_id = self._victims.peek()
            assert request_id is not None
            self._evict(request_id, wanted - (self.capacity - self.used))
        return True

    def take_save_s(self) -> float:
        """The seconds of saving since last asked."""
        seconds, self.save_s = self.save_s, 0.0
        return seconds

    def _evict(self, request_id: int, most: int) -> None:
        kept = self.kept[request_id]
        num_blocks = min(kept.num_blocks, most)
        kept.num_blocks -= num_blocks
        self.used -= num_blocks
        stay = min(kept.gpu_tokens, kept.num_blocks * self._block)
        gone = kept.gpu_tokens - stay
        kept.gpu_tokens = stay
        if self._cost.swaps(stay, gone):
            kept.host_tokens += gone
            self.swapped_tokens += gone
            self.save_s += self._cost.load_s_per_token * gone
        if not kept.num_blocks:
            self._victims.remove(request_id)
            if not kept.host_tokens:
                del self.kept[request_id]
