"""A real vLLM engine to measure: started, fed and timed.

vllm is imported when an engine starts, so that the rest of the library works without it.
"""

import asyncio
import contextlib
import itertools
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scheduler.engine.model import Model
from scheduler.engine.timing import Timing

SCHEDULER = "scheduler.vllm_plugin.SemanticScheduler"
STOCK_POLICIES = ("fcfs", "priority")  # vLLM's own schedulers, unchanged
KV_BYTES = 2**29
_QUIET = {
    "VLLM_NO_USAGE_STATS": "1",
    "HF_HUB_OFFLINE": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",  # the standard output is for results
    "TORCH_CPP_LOG_LEVEL": "ERROR",
    "PYTHONWARNINGS": "ignore::FutureWarning",
}
_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Task:
    """One request to put to an engine. `urgency` and `predicted_output_tokens` are all that a
    policy sees; figures go by `true_urgency`."""

    name: str
    urgency: int
    true_urgency: int
    prompt_ids: Sequence[int]
    output_tokens: int
    predicted_output_tokens: float


@dataclass(slots=True)
class BenchEngine:
    """An engine of one policy, with one model, on this machine."""

    policy: str
    _llm: Any
    _folder: tempfile.TemporaryDirectory[str]
    emitted: list[tuple[float, int]] = field(default_factory=list)  # (moment, tokens)

    @classmethod
    async def start(
        cls, policy: str, model: Model, *, slots: int, max_model_len: int
    ) -> "BenchEngine":
        """Start an engine, in about twenty seconds on a small machine.

        Raises ValueError when it cannot be started.
        """
        folder = tempfile.TemporaryDirectory(prefix="engine-")
        for name, value in _QUIET.items():
            os.environ.setdefault(name, value)
        os.environ["SEMTRIAGE_POLICY"] = policy
        os.environ["SEMTRIAGE_STATS_FILE"] = str(Path(folder.name) / "stats.json")
        try:
            llm = await asyncio.to_thread(_load, policy, model, slots, max_model_len)
        except ImportError as error:
            raise ValueError(f"vllm is needed for this command ({error})") from error
        except Exception as error:
            raise ValueError(f"model: the engine did not start ({error})") from error
        return cls(policy, llm, folder)

    async def run(self, task: Task, arrival_s: float | None = None) -> Timing:
        """Put a request to the engine and wait for its end.

        Its times count from `arrival_s` on the monotonic clock (default: now), the moment it
        was due: a client that is late must not make the engine look fast.
        """
        from vllm import SamplingParams, TokensPrompt
        from vllm.sampling_params import RequestOutputKind

        arrival = time.monotonic() if arrival_s is None else arrival_s
        params = SamplingParams(
            max_tokens=task.output_tokens,
            ignore_eos=True,
            temperature=0.0,
            output_kind=RequestOutputKind.DELTA,
            extra_args={
                "job_id": task.name,
                "urgency": task.urgency,
                "predicted_output_tokens": task.predicted_output_tokens,
            },
        )
        first: float | None = None
        now, num_tokens, metrics = arrival, 0, None
        async for output in self._llm.generate(
            TokensPrompt(prompt_token_ids=list(task.prompt_ids)),
            params,
            f"{task.name}-{next(_numbers)}",
            priority=task.urgency,
        ):
            now = time.monotonic()
            fresh = len(output.outputs[0].token_ids)
            num_tokens += fresh
            self.emitted.append((now, fresh))
            metrics = output.metrics
            if first is None and fresh:
                first = now
        return Timing.of(task.true_urgency, arrival, first, now, num_tokens, metrics)

    async def forget(self) -> None:
        """Empty the prefix cache, so that a replay reads everything again."""
        self.emitted.clear()
        await self._llm.reset_prefix_cache()

    def counters(self) -> dict[str, Any]:
        """The counters of our scheduler; empty for a stock one."""
        with contextlib.suppress(OSError, ValueError):
            text = (Path(self._folder.name) / "stats.json").read_text(encoding="utf-8")
            return dict(json.loads(text))
        return {}

    async def settled_counters(self) -> dict[str, Any]:
        """The counters once the engine has nothing left to do and has said so."""
        found = self.counters()
        for _ in range(20):
            if not found or found["running"] + found["waiting"] == 0:
                break
            await asyncio.sleep(0.1)
            found = self.counters()
        return found

    def kv_cache(self) -> tuple[int, int]:
        """Tokens that the KV cache holds, and tokens in a block of it."""
        config = self._llm.vllm_config.cache_config
        block_tokens = int(config.block_size)
        return int(config.num_gpu_blocks or 0) * block_tokens, block_tokens

    def stop(self) -> None:
        """End the engine's processes."""
        llm, self._llm = self._llm, None
        llm.shutdown()
        llm.shutdown = _nothing  # its __del__ would try again when modules are gone
        self._folder.cleanup()


def _nothing() -> None:
    return None


def _load(policy: str, model: Model, slots: int, max_model_len: int) -> Any:
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.platforms import current_platform
    from vllm.v1.engine.async_llm import AsyncLLM

    on_cpu = current_platform.is_cpu()
    cpu_options: dict[str, Any] = {
        "dtype": "float32",  # bfloat16 dies on machines that announce AMX wrongly
        "enforce_eager": True,
        # Instead of 128: what a preempted request has in full blocks is found again when it
        # resumes. As fast for the stock schedulers.
        "block_size": 32,
        "kv_cache_memory_bytes": KV_BYTES,
    }
    stock = policy in STOCK_POLICIES
    return AsyncLLM.from_engine_args(
        AsyncEngineArgs(
            model=str(model.path),
            load_format="dummy" if model.is_random else "auto",
            skip_tokenizer_init=True,
            max_num_seqs=slots,
            max_model_len=max_model_len,
            use_tqdm_on_load=False,
            scheduling_policy=policy if stock else "fcfs",
            scheduler_cls=None if stock else SCHEDULER,
            **(cpu_options if on_cpu else {}),
        )
    )
