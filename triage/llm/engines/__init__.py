"""Engines write drafts. One interface; the worker does not know which one it has."""

from triage.llm.engines.base import Delta, Engine, GenerationRequest
from triage.llm.engines.errors import EngineDead, EngineError, PromptTooLong
from triage.llm.engines.factory import make_engine

__all__ = [
    "Delta",
    "Engine",
    "EngineDead",
    "EngineError",
    "GenerationRequest",
    "PromptTooLong",
    "make_engine",
]
