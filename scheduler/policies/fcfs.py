"""First come, first served: vLLM's default and the usual baseline.

Source: the paper's FCFS (arXiv 2506.12204); vLLM's `fcfs` scheduling policy.
Formula: key (arrival). No preemption for slots, blind to urgency.
Complexity: O(1) arrival, O(log n) take (`scheduler.queue`); a deque would do for this one alone.
Deviations: none from vLLM. The paper's own FCFS also waits for a batch's phase to end; the
simulator's `--batching phases` shows what that costs.
"""

from typing import ClassVar

from scheduler.job import Job
from scheduler.policies.base import Policy
from scheduler.queue import Key


class Fcfs(Policy):
    """By time of arrival alone."""

    name = "fcfs"
    needs_predictions: ClassVar[bool] = False

    def key(self, job: Job) -> Key:
        return (job.arrival_s,)

    def level(self, job: Job) -> int:
        return 0
