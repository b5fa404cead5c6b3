"""Choosing the engine by the settings."""

from triage.config.env import Env
from triage.llm.engines.base import Engine
from triage.llm.engines.errors import EngineError


def make_engine(env: Env) -> Engine:
    """The engine LLM_ENGINE names, not started yet.

    Raises EngineError (permanent) when the name is unknown or its address is missing.
    """
    if env.llm_engine == "vllm":
        from triage.llm.engines.vllm_engine import VllmEngine

        return VllmEngine(
            model=env.llm_model,
            dtype=env.llm_dtype,
            num_slots=env.llm_slots,
            max_model_len=env.llm_max_model_len,
            kv_cache_gb=env.llm_kv_cache_gb,
            tensor_parallel_size=env.llm_tensor_parallel_size,
            policy=env.scheduler_policy,
            var_dir=env.var_dir,
        )
    if env.llm_engine == "openai":
        if not env.llm_base_url:
            raise EngineError(
                "LLM_ENGINE is openai, but LLM_BASE_URL is empty. Set it to the server's "
                "address, for example http://llm:8000/v1.",
                permanent=True,
            )
        from triage.llm.engines.openai_engine import OpenAIEngine

        return OpenAIEngine(base_url=env.llm_base_url, model=env.llm_model, api_key=env.llm_api_key)
    raise EngineError(
        f"LLM_ENGINE is {env.llm_engine!r}; it can be vllm or openai.", permanent=True
    )
