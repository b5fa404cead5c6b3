"""A policy that cannot stop the engine.

Inside vLLM an exception in our code would end every request of the process. Whatever a policy
raises or returns, the engine goes on: by urgency and arrival, without preemption or targets,
for that one question, and the failure is counted.
"""

import math
from collections.abc import Callable

from scheduler.job import LEAST_URGENT, Job
from scheduler.policies import Policy
from scheduler.queue import Key


class GuardedPolicy(Policy):
    """Answers as the policy it wraps, or safely when that one fails."""

    def __init__(self, policy: Policy, on_error: Callable[[Exception], None]) -> None:
        self.policy = policy
        self.name = policy.name  # type: ignore[misc]  # one class for all names
        self.keys_change_while_running = policy.keys_change_while_running  # type: ignore[misc]
        self._on_error = on_error

    def key(self, job: Job) -> Key:
        try:
            key = tuple(map(float, self.policy.key(job)))
            if math.isnan(sum(key)):  # no order
                raise ValueError(f"policy {self.name}: the key {key} is not a number")
            return key
        except Exception as error:
            self._on_error(error)
            return (float(job.urgency), job.arrival_s)

    def preempts(self, waiting: Job, running: Job) -> bool:
        try:
            return bool(self.policy.preempts(waiting, running))
        except Exception as error:
            self._on_error(error)
            return False

    def level(self, job: Job) -> int:
        try:
            level = int(self.policy.level(job))
            if not 0 <= level <= LEAST_URGENT:
                raise ValueError(f"policy {self.name}: there is no level {level}")
            return level
        except Exception as error:
            self._on_error(error)
            return job.urgency

    def overdue_at_s(self, job: Job) -> float:
        try:
            return float(self.policy.overdue_at_s(job))
        except Exception as error:
            self._on_error(error)
            return math.inf

    def is_overdue(self, job: Job, now_s: float) -> bool:
        try:
            return bool(self.policy.is_overdue(job, now_s))
        except Exception as error:
            self._on_error(error)
            return False

    def reserved_slots(self, num_slots: int) -> int:
        try:
            return max(0, min(num_slots, int(self.policy.reserved_slots(num_slots))))
        except Exception as error:
            self._on_error(error)
            return 0
