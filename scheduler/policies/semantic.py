"""The paper's policy: lexicographic (urgency, predicted remaining time), preemptive.

Source: Semantic Scheduling for LLM Inference, arXiv 2506.12204, equation of the two-key order
(f_p, f_t), updated after each iteration. O(1) arrival, O(log n) take (`scheduler.queue`).
Deviation: remaining time is counted in output tokens; at equal levels that orders alike, as
one decode step costs nearly the same for every request of a batch.
"""

from typing import ClassVar

from scheduler.job import Job
from scheduler.policies.base import Policy, predicted_remaining
from scheduler.queue import Key


class Semantic(Policy):
    """By urgency, shortest predicted remaining first inside a level."""

    name = "semantic"
    keys_change_while_running: ClassVar[bool] = True

    def key(self, job: Job) -> Key:
        return (job.urgency, predicted_remaining(job), job.arrival_s)

    def preempts(self, waiting: Job, running: Job) -> bool:
        if waiting.urgency != running.urgency:
            return waiting.urgency < running.urgency
        return predicted_remaining(waiting) < predicted_remaining(running)
