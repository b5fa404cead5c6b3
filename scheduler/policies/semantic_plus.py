"""Ours: the paper's order, made safe against wrong predictions, thrashing and starvation.

Beyond `semantic`:
- underestimation guard: a job that outlives its prediction p counts as p/10 + (g - p) tokens
  from its end after g tokens, so it sinks in its level instead of sticking at the top;
- hysteresis: inside a level a preemption must gain more than it costs (the victim's context
  must be read again), across levels it is immediate;
- finish-line grace: a victim within GRACE_TOKENS of its predicted end may finish;
- wait targets: jobs over their level's target may hold a small share of the slots (see
  `scheduler.line`), never at the cost of level 0, which may take those slots too.
Theory for the targets: accumulating-priority queues (Kleinrock 1964; Stanford, Taylor and
Ziedins 2014). Complexity as `semantic`; the oldest job of each level is found in O(1).
"""

from collections.abc import Sequence
from typing import ClassVar

from scheduler.job import LEAST_URGENT, Job
from scheduler.policies.base import Policy
from scheduler.queue import Key

GRACE_TOKENS = 4
MIN_GAIN_TOKENS = 16.0
# A re-read prompt token costs about this share of a decoded one (prefill runs in parallel).
REREAD_COST = 0.05
DEFAULT_TARGETS_S = (2.0, 5.0, 30.0, 120.0, 600.0)
RESERVED_SHARE = 0.125


class SemanticPlus(Policy):
    """By urgency, then guarded remaining work; bounded waiting for every level."""

    name = "semantic-plus"
    keys_change_while_running: ClassVar[bool] = True

    def __init__(
        self,
        targets_s: Sequence[float] = DEFAULT_TARGETS_S,
        reserved_share: float = RESERVED_SHARE,
    ) -> None:
        """`targets_s`: longest wait by level, seconds. Raises ValueError when they do not fit."""
        if len(targets_s) != LEAST_URGENT + 1 or any(target <= 0 for target in targets_s):
            raise ValueError("targets_s must hold five positive numbers of seconds")
        if not 0 <= reserved_share <= 0.5:
            raise ValueError("reserved_share must be between 0 and 0.5")
        self.targets_s = tuple(targets_s)
        self.reserved_share = reserved_share

    def key(self, job: Job) -> Key:
        return (job.urgency, remaining(job), job.arrival_s)

    def preempts(self, waiting: Job, running: Job) -> bool:
        left = running.predicted_output_tokens - running.generated_tokens
        if 0 < left <= GRACE_TOKENS and running.generated_tokens:
            return False
        if waiting.urgency != running.urgency:
            return waiting.urgency < running.urgency
        context = running.prompt_tokens + running.generated_tokens
        cost = max(MIN_GAIN_TOKENS, REREAD_COST * context)
        return remaining(waiting) + cost < remaining(running)

    def is_overdue(self, job: Job, now_s: float) -> bool:
        return job.urgency > 0 and now_s - job.arrival_s > self.targets_s[job.urgency]

    def reserved_slots(self, num_slots: int) -> int:
        if self.reserved_share == 0 or num_slots < 2:
            return 0
        return max(1, int(num_slots * self.reserved_share))


def remaining(job: Job) -> float:
    """Guarded estimate of the output tokens still to come."""
    left = job.predicted_output_tokens - job.generated_tokens
    if left > 0:
        return left
    return 0.1 * job.predicted_output_tokens - left


def rounded_up(level_probabilities: Sequence[float], threshold: float = 0.3) -> int:
    """The level to schedule an uncertain job at: the first whose cumulated probability passes.

    Harm is one-sided: waiting behind calmer cases costs a level-0 patient more than a calmer
    patient loses by one place.
    """
    total = 0.0
    for level, probability in enumerate(level_probabilities):
        total += probability
        if total >= threshold:
            return level
    return LEAST_URGENT
