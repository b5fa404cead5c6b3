"""The paper's policy: lexicographic (urgency, predicted remaining time), preemptive.

Source: Semantic Scheduling for LLM Inference, arXiv 2506.12204, the two-key order (f_p, f_t),
updated after each iteration.
Formula: key (urgency, max(0, predicted - generated), arrival); a waiting job preempts a running
one when (urgency, remaining) is strictly smaller.
Complexity: O(1) arrival, O(log n) take (`scheduler.queue`), O(log S) per victim
(`scheduler.seats`), as the paper has it.
Deviations: remaining time is counted in output tokens; inside a level that orders alike, as one
decode step costs nearly the same for every request of a batch.
"""

import math
from typing import ClassVar

from scheduler.job import Job
from scheduler.policies.base import Policy, predicted_remaining
from scheduler.queue import Key


class Semantic(Policy):
    """By urgency, shortest predicted remaining first inside a level."""

    name = "semantic"
    keys_change_while_running: ClassVar[bool] = True

    def key(self, job: Job) -> Key:
        left = job.predicted_output_tokens - job.generated_tokens
        return (job.urgency, left if left > 0 else 0.0, job.arrival_s)

    def preempts(self, waiting: Job, running: Job) -> bool:
        if waiting.urgency != running.urgency:
            return waiting.urgency < running.urgency
        return predicted_remaining(waiting) < predicted_remaining(running)

    def tokens_until_rise(self, job: Job) -> float:
        return math.inf  # remaining work only falls
