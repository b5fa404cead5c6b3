"""The process that writes drafts: claims them, has the engine write, stores what comes."""

from triage.llm.worker.worker import LlmWorker, worker_name

__all__ = ["LlmWorker", "worker_name"]
