"""The interface of a policy. One loop (`scheduler.line`, `scheduler.seats`), many policies.

A policy of your own is one small file: subclass Policy, give it a name, and register it, or
name it on the command line as "module:Class". What the loop relies on, and what the contract
tests check (`tests/scheduler/test_policy_contract.py`):

1. Keys order all jobs; nothing but the job goes into its key.
2. `preempts(w, r)` implies `key(w) < key(r)`, so no two jobs ever preempt each other in turn.
3. Within `tokens_until_rise(r)` further tokens of a running job r its key does not grow, and
   no waiting job gains a right to its slot.
"""

import math
from abc import ABC, abstractmethod
from typing import ClassVar

from scheduler.job import Job
from scheduler.queue import Key


class Policy(ABC):
    """An order of service, and when a waiting job may take a running one's slot."""

    name: ClassVar[str]
    keys_change_while_running: ClassVar[bool] = False
    needs_predictions: ClassVar[bool] = True  # False: jobs need not wait for the predictor

    @abstractmethod
    def key(self, job: Job) -> Key:
        """The job's place: the smallest is served first; ties go by arrival in the queue."""

    def level(self, job: Job) -> int:
        """The class the job is served in, 0 (immediate) … 4. Default: its urgency.

        A prompt may lengthen a step of the engine only for the sake of the most urgent class
        in the batch; policies blind to urgency put all jobs into one class.
        """
        return job.urgency

    def preempts(self, waiting: Job, running: Job) -> bool:
        """True when `waiting` may take the slot of `running` now. Default: never."""
        return False

    def tokens_until_rise(self, job: Job) -> float:
        """How many tokens the running job may generate before its key may grow (at least 1).

        The simulator looks again only then. Default: never for keys that stay, after every
        token for keys that change, which is always right and slower than need be.
        """
        return 1.0 if self.keys_change_while_running else math.inf

    def overdue_at_s(self, job: Job) -> float:
        """The moment from which the waiting job may claim a reserved slot. Default: never.

        Inside an urgency level it must grow with the arrival.
        """
        return math.inf

    def is_overdue(self, job: Job, now_s: float) -> bool:
        """True when the job has waited too long for its level."""
        return now_s > self.overdue_at_s(job)

    def reserved_slots(self, num_slots: int) -> int:
        """How many of the slots overdue jobs may claim. Default: none."""
        return 0


def predicted_remaining(job: Job) -> float:
    """Predicted output tokens still to come, never below zero."""
    left = job.predicted_output_tokens - job.generated_tokens
    return left if left > 0 else 0.0
