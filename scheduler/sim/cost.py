"""What a step of the engine costs, and how much it can remember.

Source: the settings of Semantic Scheduling for LLM Inference (arXiv 2506.12204): prefill
c1·p² + c2·p seconds for p prompt tokens, one decode step d1·context + d2 seconds. A batch reads
the weights once, so its step costs d2 once and d1 for all its context tokens together.
"""

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
    load_s_per_token: float = 0.0001

    def prefill_s(self, num_tokens: int) -> float:
        """Reading a prompt, or re-reading what was dropped from the cache."""
        return self.c1 * num_tokens * num_tokens + self.c2 * num_tokens

    def decode_s(self, context_tokens: int) -> float:
        """One step that gives every running request a token."""
        return self.d1 * context_tokens + self.d2

    def refill_s(self, num_tokens: int) -> float:
        """Bringing dropped context back, the cheaper of re-reading and loading what was saved."""
        return min(self.prefill_s(num_tokens), 2 * self.load_s_per_token * num_tokens)


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
