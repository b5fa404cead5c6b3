"""Priority job first: urgency, then arrival.

Source: the paper's PJF (arXiv 2506.12204); vLLM's `priority` scheduling policy.
Formula: key (urgency, arrival); a waiting job preempts a running one of a calmer level.
Complexity: O(1) arrival, O(log n) take (`scheduler.queue`).
Deviations: stock vLLM preempts for memory only, never for a slot; `engine-bench` measures that
one. The one here is the paper's, preemptive at each iteration: the stronger baseline.
"""

from scheduler.job import Job
from scheduler.policies.base import Policy
from scheduler.queue import Key


class Priority(Policy):
    """By urgency, first come first served inside a level."""

    name = "priority"

    def key(self, job: Job) -> Key:
        return (job.urgency, job.arrival_s)

    def preempts(self, waiting: Job, running: Job) -> bool:
        return waiting.urgency < running.urgency
