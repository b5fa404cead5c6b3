"""Priority job first: urgency, then arrival (the paper's PJF; vLLM's `priority`).

Key (urgency, arrival). Preemptive across levels in the paper's simulator; stock vLLM preempts
for memory only, which `engine-bench` measures on the real engine.
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
