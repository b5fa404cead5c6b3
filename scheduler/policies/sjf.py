"""Shortest (predicted remaining) job first; urgency plays no part.

Source: the paper's baseline of the same name (arXiv 2506.12204); SRPT on predictions.
Formula: key (max(0, predicted - generated), arrival), updated after each iteration, preemptive.
Complexity: O(1) arrival, O(log n) take (`scheduler.queue`).
Deviations: the paper's own SJF orders each batch's phase apart and reports times about 40 %
longer than this one on the same workloads; figures against it are figures against a stronger
baseline than the paper's.
"""

import math
from typing import ClassVar

from scheduler.job import Job
from scheduler.policies.base import Policy, predicted_remaining
from scheduler.queue import Key


class Sjf(Policy):
    """By predicted remaining tokens."""

    name = "sjf"
    keys_change_while_running: ClassVar[bool] = True

    def key(self, job: Job) -> Key:
        return (predicted_remaining(job), job.arrival_s)

    def level(self, job: Job) -> int:
        return 0

    def preempts(self, waiting: Job, running: Job) -> bool:
        return predicted_remaining(waiting) < predicted_remaining(running)

    def tokens_until_rise(self, job: Job) -> float:
        return math.inf  # remaining work only falls
