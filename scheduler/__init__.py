"""Semantic scheduling: serve language-model requests in the order of their urgency.

A pure Python library: the queue, the policies and the loop that decides. The real engine's
scheduler is `scheduler.vllm_plugin.SemanticScheduler`; `docs/scheduler.md` says what it
guarantees.
"""

from scheduler.job import Job, PlainJob
from scheduler.line import WaitingLine, find_victim
from scheduler.policies import Policy, available, get_policy, register
from scheduler.queue import IndexedQueue
from scheduler.seats import Seats

__all__ = [
    "IndexedQueue",
    "Job",
    "PlainJob",
    "Policy",
    "Seats",
    "WaitingLine",
    "available",
    "find_victim",
    "get_policy",
    "register",
]
