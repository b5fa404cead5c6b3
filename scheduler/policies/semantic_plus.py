"""Ours: the paper's order, made safe against wrong predictions, thrashing and starvation.

Source: `semantic` (arXiv 2506.12204), and what follows.
Formula: key (level, guarded remaining, arrival), where for a job of predicted length p after g
tokens, with e = max(p/8, 8),

    guarded remaining = p - g                    while g < p
                        e · 2^k, smallest k with e · 2^k > g - p   after that

- Underestimation guard: a job that outlives its prediction counts as having about as much left
  as it has overrun, guessed and doubled, so it sinks in its level instead of sticking at "0
  left". For heavy tails that is the mean residual life; the guess changes O(log g) times.
- Hysteresis: inside a level a preemption must gain max(16, 5 % of the victim's context) tokens,
  what reading that context again would cost; across levels it is immediate.
- Finish-line grace: a victim within 4 tokens of its predicted end may finish.
- Wait targets: from half of its level's target on, a waiting job may claim one of the reserved
  slots, an eighth of all; levels take turns (`scheduler.line`). Never at the cost of level 0,
  which may take those slots too. Theory of waiting-time targets by class: accumulating-priority
  queues (Kleinrock 1964; Stanford, Taylor and Ziedins 2014).
- Rounding up: a job with level probabilities is served at the level where they reach
  1 / (1 + HARM_RATIO), the newsvendor quantile for linear costs of harm.
Complexity: as `semantic`; the oldest job of each level is found in O(levels).
Deviations: this is the deviation.
"""

import math
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
CLAIM_SHARE = 0.5  # of the target: claims must begin early enough to be met in time
FIRST_GUESS_SHARE = 0.125
MIN_GUESS_TOKENS = 8.0
# One level too calm costs this many times what one level too urgent costs.
HARM_RATIO = 3.0


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
        if len(targets_s) != LEAST_URGENT + 1 or not all(target > 0 for target in targets_s):
            raise ValueError("targets_s must hold five positive numbers of seconds")
        if not 0 <= reserved_share <= 0.5:
            raise ValueError("reserved_share must be between 0 and 0.5")
        self.targets_s = tuple(targets_s)
        self.reserved_share = reserved_share

    def level(self, job: Job) -> int:
        probabilities = getattr(job, "level_probabilities", None)
        return job.urgency if probabilities is None else rounded_up(probabilities)

    def key(self, job: Job) -> Key:
        return (self.level(job), remaining(job), job.arrival_s)

    def preempts(self, waiting: Job, running: Job) -> bool:
        level, running_level = self.level(waiting), self.level(running)
        if level > running_level:
            return False
        generated = running.generated_tokens
        left = running.predicted_output_tokens - generated
        if 0 < left <= GRACE_TOKENS and generated:
            return False
        if level < running_level:
            return True
        cost = max(MIN_GAIN_TOKENS, REREAD_COST * (running.prompt_tokens + generated))
        return remaining(waiting) + cost < remaining(running)

    def tokens_until_rise(self, job: Job) -> float:
        predicted = job.predicted_output_tokens
        over = job.generated_tokens - predicted
        if over < 0:
            return math.ceil(-over)
        return max(1.0, math.ceil(remaining(job) - over))  # until the guess doubles

    def overdue_at_s(self, job: Job) -> float:
        if self.level(job) == 0:
            return math.inf  # always first, nothing to claim
        return job.arrival_s + CLAIM_SHARE * self.targets_s[job.urgency]

    def reserved_slots(self, num_slots: int) -> int:
        if self.reserved_share == 0 or num_slots < 2:
            return 0
        return max(1, int(num_slots * self.reserved_share))


def remaining(job: Job) -> float:
    """Guarded estimate of the output tokens still to come, above zero."""
    over = job.generated_tokens - job.predicted_output_tokens
    if over < 0:
        return -over
    guess = max(FIRST_GUESS_SHARE * job.predicted_output_tokens, MIN_GUESS_TOKENS)
    return float(guess * (1 << int(over / guess).bit_length()))


def rounded_up(
    level_probabilities: Sequence[float], threshold: float = 1 / (1 + HARM_RATIO)
) -> int:
    """The level to schedule an uncertain job at: the first whose cumulated probability passes.

    Harm is one-sided: waiting behind calmer cases costs a level-0 patient more than a calmer
    patient loses by one place. With costs linear in the distance the quantile 1 / (1 + ratio)
    minimises the expected harm (the newsvendor's critical ratio).
    """
    total = 0.0
    for level, probability in enumerate(level_probabilities):
        total += probability
        if total >= threshold:
            return level
    return LEAST_URGENT
