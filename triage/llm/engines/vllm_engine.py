"""The vLLM engine in this process's charge, with our scheduler inside. Alone here imports vllm.

vLLM is imported when the engine starts, in a thread: that takes seconds of processor time, and
the event loop has pages to serve meanwhile. The model runs in processes of vLLM's own.
"""

import asyncio
import json
import logging
import multiprocessing
import os
import signal
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from triage.llm.engines import diagnosis, lifeline
from triage.llm.engines.base import Delta, Engine, GenerationRequest, Message
from triage.llm.engines.chat import render_chat
from triage.llm.engines.errors import EngineDead, EngineError, PromptTooLong
from triage.llm.engines.threads import in_daemon_thread

log = logging.getLogger(__name__)

SCHEDULER = "scheduler.vllm_plugin.SemanticScheduler"
STRUCTURED_OUTPUTS = {"backend": "xgrammar", "disable_any_whitespace": True}
GIB = 1024**3
STOP_TIMEOUT_S = 1.0  # the drafts have been drained or handed back: nothing to wait for


class VllmEngine(Engine):
    """An `AsyncLLM` on the CPU or a GPU, whatever the installed vLLM is built for."""

    def __init__(
        self,
        *,
        model: str,
        var_dir: Path,
        dtype: str = "auto",
        num_slots: int = 8,
        max_model_len: int = 1024,
        kv_cache_gb: float = 1.0,
        tensor_parallel_size: int = 1,
        policy: str = "semantic-plus",
        scheduler: str | None = SCHEDULER,  # None: vLLM's own, by priority
    ) -> None:
        self.model = Path(model).name if Path(model).exists() else model
        self._model_path = model
        self._dtype = dtype
        self._num_slots = num_slots
        self._max_model_len = max_model_len
        self._kv_cache_gb = kv_cache_gb
        self._tensor_parallel_size = tensor_parallel_size
        self._policy = policy
        self._scheduler = scheduler
        self._stats_file = var_dir / f"engine-{os.getpid()}.json"
        self._abandoned = threading.Event()  # stopped while it was still starting
        self._llm: Any = None
        self._tokenizer: Any = None
        self._sampling_defaults: dict[str, Any] = {}

    async def start(self) -> None:
        """Load the model, in about twenty seconds on a small machine. Raises EngineError."""
        diagnosis.check_model_path(self._model_path)
        self._stats_file.unlink(missing_ok=True)
        self._abandoned = threading.Event()
        try:
            self._llm = await in_daemon_thread(self._load, "engine-start")
        except EngineError:
            raise
        except Exception as error:
            raise EngineError(diagnosis.explain_start_failure(error, self._model_path)) from error
        self._tokenizer = self._llm.get_tokenizer()
        defaults = self._llm.model_config.get_diff_sampling_param()
        # Greedy, so that a draft goes on in the same words after a restart; the model's own
        # guard against repeating itself is kept.
        self._sampling_defaults = {
            name: defaults[name] for name in ("repetition_penalty",) if name in defaults
        }

    def _load(self) -> Any:
        abandoned = self._abandoned
        self._prepare_environment()
        # Ctrl-C reaches the whole process group; the engine must outlive the draining, so its
        # processes inherit a mask without it. They end with their owner all the same.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            from vllm.engine.arg_utils import AsyncEngineArgs
            from vllm.platforms import current_platform
            from vllm.v1.engine.async_llm import AsyncLLM

            if not log.isEnabledFor(logging.DEBUG):
                # An engine that ends is told in a sentence by whoever keeps it.
                logging.getLogger("vllm.v1.engine.async_llm").setLevel(logging.CRITICAL)
            on_cpu = current_platform.is_cpu()
            cpu_options: dict[str, Any] = {
                "enforce_eager": True,  # compiling needs Triton
                # Instead of 128: a preempted draft then reads little again when it resumes.
                "block_size": 32,
                "distributed_executor_backend": self._cpu_executor(),
                "kv_cache_memory_bytes": int(self._kv_cache_gb * GIB),
            }
            _unless(abandoned)
            llm = AsyncLLM.from_engine_args(
                AsyncEngineArgs(
                    model=self._model_path,
                    # bfloat16 dies (SIGILL) on virtual machines that announce AMX wrongly.
                    dtype="float32" if on_cpu and self._dtype == "auto" else self._dtype,
                    scheduler_cls=self._scheduler,
                    scheduling_policy="fcfs" if self._scheduler else "priority",
                    worker_extension_cls="triage.llm.engines.lifeline.Lifeline",
                    # A small model would fill its answer with white space.
                    structured_outputs_config=STRUCTURED_OUTPUTS,
                    max_num_seqs=self._num_slots,
                    max_model_len=self._max_model_len,
                    tensor_parallel_size=self._tensor_parallel_size,
                    use_tqdm_on_load=False,
                    **(cpu_options if on_cpu else {}),
                )
            )
            _unless(abandoned, llm.shutdown)
            return llm
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def _cpu_executor(self) -> str | None:
        """Compute in the engine's own process: one process less to start, 8 s and 0.7 GB saved.

        vLLM would rather start a worker to bind its threads to cores, which pays on machines of
        several sockets: setting VLLM_CPU_OMP_THREADS_BIND brings that back.
        """
        if self._tensor_parallel_size > 1 or os.environ.get("VLLM_CPU_OMP_THREADS_BIND"):
            return None
        os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
        spare_one = max(1, len(os.sched_getaffinity(0)) - 1)  # for everything else
        os.environ.setdefault("OMP_NUM_THREADS", str(spare_one))
        return "uni"

    def _prepare_environment(self) -> None:
        """What vLLM and its processes read from the environment, and inherit."""
        os.environ[lifeline.OWNER_VARIABLE] = str(os.getpid())
        os.environ["SEMTRIAGE_POLICY"] = self._policy
        os.environ["SEMTRIAGE_STATS_FILE"] = str(self._stats_file)
        os.environ["VLLM_NO_USAGE_STATS"] = "1"
        # A command's standard output is for its result, and vLLM may complain while it is stopped.
        os.environ.setdefault("VLLM_LOGGING_STREAM", "ext://sys.stderr")
        if Path(self._model_path).exists():
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
        quiet = {
            "VLLM_LOGGING_LEVEL": "ERROR",
            "TORCH_CPP_LOG_LEVEL": "ERROR",
            "PYTHONWARNINGS": "ignore::FutureWarning,ignore:resource_tracker:UserWarning",
        }
        if not log.isEnabledFor(logging.DEBUG):
            for name, value in quiet.items():
                os.environ.setdefault(name, value)

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Delta]:
        from vllm import SamplingParams, TokensPrompt
        from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams
        from vllm.v1.engine.exceptions import EngineDeadError

        token_ids = self._prompt_token_ids(request.messages, request.continuation)
        room = self._max_model_len - len(token_ids)
        # An answer without its last sections is worth less than a report without its middle.
        if room < min(request.max_tokens, self._max_model_len // 2):
            raise PromptTooLong(
                f"The report and its card are {len(token_ids)} tokens; beside the answer the "
                f"model reads at most {self._max_model_len - request.max_tokens}."
            )
        params = SamplingParams(
            **self._sampling_defaults,
            temperature=0.0,
            max_tokens=min(request.max_tokens, room),
            output_kind=RequestOutputKind.DELTA,
            structured_outputs=None
            if request.json_schema is None
            else StructuredOutputsParams(json=request.json_schema),
            extra_args={
                "job_id": request.job_id,
                "urgency": request.urgency,
                "predicted_output_tokens": request.predicted_tokens,
            },
        )
        outputs = self._alive().generate(
            TokensPrompt(prompt_token_ids=token_ids),
            params,
            # One id per attempt: an earlier attempt's end must not touch this one.
            f"{request.job_id}-{uuid.uuid4().hex[:8]}",
            priority=request.urgency,
        )
        try:
            async for output in outputs:
                piece = output.outputs[0]
                yield Delta(
                    text=piece.text,
                    num_tokens=len(piece.token_ids),
                    finish_reason=piece.finish_reason if output.finished else None,
                    num_preemptions=getattr(output.metrics, "num_preemptions", 0),
                )
        except EngineDeadError as error:
            raise EngineDead(diagnosis.ENGINE_DIED) from error
        except (ValueError, RuntimeError) as error:  # vLLM's refusal of this one request
            if self._llm is None or self._llm.errored:
                raise EngineDead(diagnosis.ENGINE_DIED) from error
            raise EngineError(f"The model refused the request: {error}") from error
        finally:
            await outputs.aclose()

    async def retriage(self, job_id: str, urgency: int, predicted_tokens: int) -> None:
        """Carried by a request of one token, the only way into the engine's process."""
        from vllm import SamplingParams, TokensPrompt
        from vllm.v1.engine.exceptions import EngineDeadError

        params = SamplingParams(
            max_tokens=1,
            extra_args={
                "retriage_job_id": job_id,
                "urgency": urgency,
                "predicted_remaining_tokens": predicted_tokens,
            },
        )
        control = self._alive().generate(
            TokensPrompt(prompt_token_ids=[0]),
            params,
            f"retriage-{uuid.uuid4().hex}",
            priority=urgency,
        )
        try:
            async for _ in control:
                pass
        except EngineDeadError as error:
            raise EngineDead(diagnosis.ENGINE_DIED) from error

    async def healthy(self) -> bool:
        return self._llm is not None and not self._llm.errored

    async def stats(self) -> dict[str, Any]:
        try:
            counters = json.loads(await asyncio.to_thread(self._stats_file.read_text))
        except (OSError, ValueError):  # not written yet
            return {}
        return counters if isinstance(counters, dict) else {}

    async def stop(self) -> None:
        self._abandoned.set()
        llm, self._llm = self._llm, None
        if llm is not None:
            await _shut_down(llm)
        else:
            for process in multiprocessing.active_children():
                if process.name.startswith("EngineCore"):  # was still starting
                    process.terminate()
        self._stats_file.unlink(missing_ok=True)

    def _alive(self) -> Any:
        if self._llm is None or self._llm.errored:
            raise EngineDead(diagnosis.ENGINE_DIED)
        return self._llm

    def _prompt_token_ids(self, messages: Sequence[Message], continuation: str) -> list[int]:
        self._alive()
        prompt = render_chat(self._tokenizer, messages, self.model) + continuation
        ids = self._tokenizer(prompt, add_special_tokens=False)["input_ids"]
        return list(ids)


async def _shut_down(llm: Any) -> None:
    """End an AsyncLLM and what it left for this loop to do: closing sockets, ending tasks.

    Left undone, they hang whoever collects the garbage after the loop is closed.
    """
    resources = getattr(llm.engine_core, "resources", None)
    tasks = {
        task
        for task in (llm.output_handler, getattr(resources, "output_queue_task", None))
        if task is not None and not task.done()
    }
    await asyncio.to_thread(llm.shutdown, STOP_TIMEOUT_S)
    if tasks:
        await asyncio.wait(tasks, timeout=STOP_TIMEOUT_S)
    llm.shutdown = _nothing  # its __del__ would try again when modules are gone


def _nothing(*_: Any) -> None:
    return None


def _unless(abandoned: threading.Event, clean_up: Callable[[], None] | None = None) -> None:
    """Leave the start-up when it is not wanted any more."""
    if abandoned.is_set():
        if clean_up is not None:
            clean_up()
        raise EngineError("The engine was stopped while it was starting.")
