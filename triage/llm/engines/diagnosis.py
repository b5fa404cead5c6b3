"""What went wrong with an engine, in words a person can act on."""

import logging
from pathlib import Path

from triage.llm.engines.errors import EngineError

log = logging.getLogger(__name__)

ENGINE_DIED = (
    "The language model's process ended unexpectedly (out of memory, or an instruction the "
    "processor lacks; see the log). It is started again."
)


def check_model_path(model: str) -> None:
    """Raise EngineError (permanent) when `model` is meant as a folder and holds no model."""
    path = Path(model)
    if path.is_absolute() or model.startswith(".") or path.exists():
        missing = [] if (path / "config.json").is_file() else ["config.json"]
        if not any(path.glob("*.safetensors")) and not any(path.glob("*.bin")):
            missing.append("weights (*.safetensors)")
        if missing:
            raise EngineError(
                f"There is no model in {model}: {' and '.join(missing)} missing. Set "
                "TRIAGE_LLM_MODEL to a folder that holds one, or to a hub name.",
                permanent=True,
            )


def explain_start_failure(error: BaseException, model: str) -> str:
    """Why vLLM did not start, for a person; its own report goes to the log."""
    text = str(error)
    log.error("vLLM did not start", exc_info=error)
    if isinstance(error, ImportError):
        return f"vLLM cannot be imported ({text}). Install requirements/cpu.lock or gpu.lock."
    if "core initialization failed" in text or "WorkerProc" in text or "SIGILL" in text:
        return (
            f"The engine's process ended while it loaded {model}; its last words are in the "
            "log. Most often the memory is too small (lower LLM_KV_CACHE_GB) or the processor "
            "lacks an instruction (set LLM_DTYPE=float32; AVX2 is needed)."
        )
    return f"The engine could not load {model}: {text.splitlines()[0] if text else error!r}"
