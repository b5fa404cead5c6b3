"""First come, first served: vLLM's default and the usual baseline.

Key (arrival). No preemption for slots. O(log n) a decision here (a deque would do).
"""

from scheduler.job import Job
from scheduler.policies.base import Policy
from scheduler.queue import Key


class Fcfs(Policy):
    """By time of arrival alone."""

    name = "fcfs"

    def key(self, job: Job) -> Key:
        return (job.arrival_s,)
