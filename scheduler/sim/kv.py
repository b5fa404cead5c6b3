"""KV memory: what running requests hold, and what preempted ones may keep while there is room.

A preempted request's blocks stay until somebody needs the room; then the least urgent kept
request gives up just as many blocks as are needed (paper, section on memory; in vLLM the
prefix cache does the same).
"""

from scheduler.sim.cost import CostModel


class KvMemory:
    """Counts whole blocks. Invariant: used blocks never exceed the capacity."""

    def __init__(self, cost: CostModel) -> None:
        self._block = cost.block_tokens
        self.capacity = cost.kv_tokens // cost.block_tokens  # blocks
        self._running: dict[int, int] = {}  # request → blocks
        self._kept: dict[int, tuple[int, tuple[float, ...]]] = {}  # → (blocks, key when left)
        self.used = 0
        self.peak = 0

    def blocks(self, num_tokens: int) -> int:
        return -(-num_tokens // self._block)

    def hold(self, request_id: int, num_tokens: int) -> bool:
        """Make a running request hold that many tokens, at others' cost. False: no room."""
        wanted = self.blocks(num_tokens) - self._running.get(request_id, 0)
        if wanted > 0 and not self._make_room(wanted):
            return False
        self._running[request_id] = self._running.get(request_id, 0) + wanted
        self.used += wanted
        self.peak = max(self.peak, self.used)
        return True

    def release(self, request_id: int) -> None:
        """The request is done."""
        self.used -= self._running.pop(request_id, 0)

    def keep(self, request_id: int, key: tuple[float, ...]) -> None:
        """The request lost its slot; its blocks stay as long as there is room."""
        self._kept[request_id] = (self._running.pop(request_id, 0), key)

    def resume(self, request_id: int, num_tokens: int) -> int:
        """The request runs again. Returns how many of its tokens must be read again."""
        blocks, _key = self._kept.pop(request_id, (0, ()))
        self._running[request_id] = blocks
        return max(0, num_tokens - blocks * self._block)

    def _make_room(self, wanted: int) -> bool:
        while self.used + wanted > self.capacity:
            if not self._kept:
                return False
            worst = max(self._kept, key=lambda name: self._kept[name][1])
            blocks, key = self._kept[worst]
            given = min(blocks, self.used + wanted - self.capacity)
            self.used -= given
            if given == blocks:
                del self._kept[worst]
            else:
                self._kept[worst] = (blocks - given, key)
        return True
