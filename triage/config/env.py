"""Every setting that comes from the environment, typed, in one place.

Each value NAME may also be given as a file, NAME_FILE (docker secrets). The same list, with
explanations, is in `.env.example` and `docs/settings.md`; a test holds the three together.
"""

from dataclasses import dataclass
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent.parent
URGENCY_WEIGHTS = BASE_DIR / "weights" / "urgency"
INSECURE_SECRET_KEY = "for-development-only-change-me"  # refused in production

_env = environ.FileAwareEnv()


@dataclass(frozen=True)
class Env:
    """The process's configuration. Times are seconds."""

    production: bool
    secret_key: str
    allowed_hosts: list[str]
    csrf_trusted_origins: list[str]
    database_url: str
    redis_url: str  # empty: embedded mode (in-memory broker and channel layer)
    var_dir: Path  # SQLite file, logs, stats
    log_level: str
    classify_deadline_s: float
    sweep_interval_s: float
    lease_s: float
    poll_interval_s: float
    flush_interval_s: float
    max_attempts: int
    intake_hard_limit: int
    encoder_model: str
    llm_engine: str  # vllm | openai
    llm_model: str
    llm_base_url: str
    llm_api_key: str
    llm_dtype: str
    llm_slots: int
    llm_max_model_len: int
    llm_max_tokens: int
    llm_kv_cache_gb: float
    llm_tensor_parallel_size: int
    llm_inflight: int
    llm_drain_s: float
    llm_voice: bool  # the language model's opinion may raise the urgency
    scheduler_policy: str
    urgency_targets_s: list[float]

    @property
    def embedded(self) -> bool:
        return not self.redis_url


def read_env() -> Env:
    """Read and check the environment.

    Raises django.core.exceptions.ImproperlyConfigured when a value cannot be read.
    """
    var_dir = Path(_env.str("TRIAGE_VAR_DIR", default=str(BASE_DIR / "var")))
    slots = _env.int("LLM_SLOTS", default=8)
    return Env(
        production=_env.bool("TRIAGE_PRODUCTION", default=False),
        secret_key=_env.str("TRIAGE_SECRET_KEY", default=INSECURE_SECRET_KEY),
        allowed_hosts=_env.list(
            "TRIAGE_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"]
        ),
        csrf_trusted_origins=_env.list("TRIAGE_CSRF_TRUSTED_ORIGINS", default=[]),
        database_url=_env.str("DATABASE_URL", default=f"sqlite:///{var_dir / 'semtriage.sqlite3'}"),
        redis_url=_env.str("REDIS_URL", default=""),
        var_dir=var_dir,
        log_level=_env.str("TRIAGE_LOG_LEVEL", default="INFO"),
        classify_deadline_s=_env.float("TRIAGE_CLASSIFY_DEADLINE_S", default=5.0),
        sweep_interval_s=_env.float("TRIAGE_SWEEP_INTERVAL_S", default=1.0),
        lease_s=_env.float("TRIAGE_LEASE_S", default=10.0),
        poll_interval_s=_env.float("TRIAGE_POLL_INTERVAL_S", default=0.2),
        flush_interval_s=_env.float("TRIAGE_FLUSH_INTERVAL_S", default=0.25),
        max_attempts=_env.int("TRIAGE_MAX_ATTEMPTS", default=5),
        intake_hard_limit=_env.int("TRIAGE_INTAKE_HARD_LIMIT", default=5000),
        encoder_model=_env.str("TRIAGE_ENCODER_MODEL", default=""),
        llm_engine=_env.str("LLM_ENGINE", default="vllm"),
        llm_model=_env.str("TRIAGE_LLM_MODEL", default=str(BASE_DIR / "weights" / "draft")),
        llm_base_url=_env.str("LLM_BASE_URL", default=""),
        llm_api_key=_env.str("LLM_API_KEY", default=""),
        llm_dtype=_env.str("LLM_DTYPE", default="auto"),
        llm_slots=slots,
        llm_max_model_len=_env.int("LLM_MAX_MODEL_LEN", default=2048),
        llm_max_tokens=_env.int("LLM_MAX_TOKENS", default=320),
        llm_kv_cache_gb=_env.float("LLM_KV_CACHE_GB", default=1.0),
        llm_tensor_parallel_size=_env.int("LLM_TENSOR_PARALLEL_SIZE", default=1),
        llm_inflight=_env.int("LLM_INFLIGHT", default=4 * slots),
        llm_voice=_env.bool("TRIAGE_LLM_VOICE", default=False),
        llm_drain_s=_env.float("LLM_DRAIN_S", default=20.0),
        scheduler_policy=_env.str("SEMTRIAGE_POLICY", default="semantic-plus"),
        urgency_targets_s=_env.list(
            "TRIAGE_URGENCY_TARGETS_S", cast=float, default=[2.0, 5.0, 30.0, 120.0, 600.0]
        ),
    )
