"""What a step of the engine costs, and how much it can remember.

Source: the settings of Semantic Scheduling for LLM Inference (arXiv 2506.12204): prefill
c1·p² + c2·p seconds for p prompt tokens, one decode step d1·context + d2 seconds, cache load and
save per token. A batch reads the weights once, so its step costs d2 once and d1 for all its
context tokens together.
"""

import math
from dataclasses import dataclass

GIB = 1e9
MEMORY_SHARE = 0.8 * 0.95  # of the GPU's memory, less 5 % for activations
BYTES_PER_PARAMETER = 4


@dataclass(frozen=True, slots=True)
class CostModel:
    """Times in seconds, memory in tokens of KV cache."""

    name: str
    c1: float
    c2: float
    d1: float
    d2: float
    kv_tokens: int
    block_tokens: int = 32
    load_s_per_token: float = 0.0001  # from the host's memory, and as much to save there

    def prefill_s(self, num_tokens: int) -> float:
        """Reading a prompt from its beginning."""
        return self.c1 * num_tokens * num_tokens + self.c2 * num_tokens

    def read_s(self, start: int, num_tokens: int) -> float:
        """Reading `num_tokens` on, when `start` tokens before them are in the cache."""
        return num_tokens * (self.c1 * (2 * start + num_tokens) + self.c2)

    def tokens_read_in(self, seconds: float, start: int) -> int:
        """How many tokens can be read on from `start` in that time: the inverse of `read_s`."""
        linear = self.c2 + 2 * self.c1 * start
        if self.c1 <= 0:
            return int(seconds / linear) if linear > 0 else 1 << 30
        root = math.sqrt(linear * linear + 4 * self.c1 * seconds)
        return int((root - linear) / (2 * self.c1))

    def decode_s(self, context_tokens: int) -> float:
        """One step that gives every running request a token."""
        return self.d1 * context_tokens + self.d2

    def swap_s(self, num_tokens: int) -> float:
        """Moving that many tokens of cache to the host's memory and back."""
        return 2 * self.load_s_per_token * num_tokens

    def swaps(self, start: int, num_tokens: int) -> bool:
        """True when those tokens, evicted, are cheaper moved out and back than read again."""
        return self.swap_s(num_tokens) < self.read_s(start, num_tokens)


def _kv_tokens(gpu_gb: float, parameters: float, bytes_per_token: float) -> int:
    free = gpu_gb * GIB * MEMORY_SHARE - parameters * BYTES_PER_PARAMETER
    return max(4096, int(free / bytes_per_token))


_KV_4B, _KV_7B = 2560 * 40 * 2 * 2, 4096 * 32 * 2 * 2
SETTINGS: dict[str, CostModel] = {
    model.name: model
    for model in (
        CostModel("A100-4B", 1.46584975e-09, 1.0515576e-04, 5.91298857e-09, 1.195828e-02,
                  _kv_tokens(40, 4e9, _KV_4B)),
        CostModel("A100-7B", 5.13462572e-07, 1.48057167e-04, 1.34911080e-08, 1.330198e-02,
                  _kv_tokens(40, 7e9, _KV_7B)),
        CostModel("A5000-4B", 1.58625005e-09, 1.30542054e-04, 2.86938135e-06, 3.00834536e-02,
                  _kv_tokens(24, 4e9, _KV_4B), load_s_per_token=0.0003),
    )
}  # fmt: skip
