"""The interface of a policy. One loop (`scheduler.line`), many policies.

A policy of your own is one small file: subclass Policy, give it a name, and register it.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

from scheduler.job import Job
from scheduler.queue import Key


class Policy(ABC):
    """An order of service, and when a waiting job may take a running one's slot."""

    name: ClassVar[str]
    keys_change_while_running: ClassVar[bool] = False

    @abstractmethod
    def key(self, job: Job) -> Key:
        """The job's place: the smallest is served first; ties go by arrival in the queue."""

    def preempts(self, waiting: Job, running: Job) -> bool:
        """True when `waiting` may take the slot of `running` now. Default: never."""
        return False

    def is_overdue(self, job: Job, now_s: float) -> bool:
        """True when the job has waited longer than its level's target. Default: no targets."""
        return False

    def reserved_slots(self, num_slots: int) -> int:
        """How many of the slots overdue jobs may claim. Default: none."""
        return 0


def predicted_remaining(job: Job) -> float:
    """Predicted output tokens still to come, never below zero."""
    return max(0.0, job.predicted_output_tokens - job.generated_tokens)
