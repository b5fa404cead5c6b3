"""How prompts and decoding share the engine's steps.

`continuous` (default): as in today's engines a request joins the running batch as soon as it has
a slot. Its prompt is read in its first step, in which the others decode as usual. The requests
of a batch are computed side by side, as in the paper's cost model, so a step is as long as its
longest part.

`chunked`: a step computes at most a budget of tokens, decoding first, prompts in chunks (Sarathi-
Serve, Agrawal et al. 2024; vLLM's chunked prefill). Prompt tokens add up here; they hide behind
the decode step as far as that waits for the weights anyway.

In both, the most urgent class in the batch sets the length of the step: prompts of calmer
requests are read only as fast as fits into it, so they never slow an urgent request down. (The
paper lets the most urgent request choose its batch's phase, to the same end. Policies blind to
urgency have one class, so every prompt is read at once.)

`phases`, the paper's own, is another loop: `scheduler.sim.phases`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from scheduler.policies import Policy
from scheduler.sim.cost import CostModel
from scheduler.sim.job import SimJob

DEFAULT_TOKEN_BUDGET = 512
Portion = tuple[SimJob, int]  # a reader and how many tokens it reads in the step


class Batching(ABC):
    """Plans the steps in which prompts are read."""

    @abstractmethod
    def plan(
        self,
        readers: Sequence[SimJob],
        num_decoders: int,
        decode_s: float,
        lead: int,
        policy: Policy,
        cost: CostModel,
    ) -> tuple[float, list[Portion]]:
        """One step's length in seconds, and who reads how much in it.

        `decode_s`: what the decoders need, 0 without any. `lead`: the most urgent class in
        the batch. Every reader that reads has its waiting time for loads reduced as well.
        """  # fmt: skip


class Continuous(Batching):
    """Whole prompts, side by side."""

    def plan(
        self, readers: Sequence[SimJob], num_decoders: int, decode_s: float, lead: int,
        policy: Policy, cost: CostModel,
    ) -> tuple[float, list[Portion]]:  # fmt: skip
        seconds = decode_s
        portions = []
        for job in readers:
            if job.level <= lead:
                needed_s = job.load_s + cost.read_s(job.computed_tokens, job.unread_tokens)
                seconds = max(seconds, needed_s)
                portions.append((job, job.unread_tokens))
                job.load_s = 0.0
        for job in readers:
            if job.level > lead:
                portions.append((job, _fitting(job, seconds, cost)))
        return seconds, portions


class Chunked(Batching):
    """At most `token_budget` tokens a step, prompts in the policy's order."""

    def __init__(self, token_budget: int = DEFAULT_TOKEN_BUDGET) -> None:
        if token_budget < 1:
            raise ValueError("token-budget: a whole number above 0 is needed")
        self.token_budget = token_budget

    def plan(
        self, readers: Sequence[SimJob], num_decoders: int, decode_s: float, lead: int,
        policy: Policy, cost: CostModel,
    ) -> tuple[float, list[Portion]]:  # fmt: skip
        left = max(1, self.token_budget - num_decoders)
        seconds, spent = decode_s, 0.0
        portions = []
        for job in sorted(readers, key=policy.key):
            if left <= 0:
                break
            if job.level <= lead:
                num_tokens = min(job.unread_tokens, left)
                spent += job.load_s + cost.read_s(job.computed_tokens, num_tokens)
                job.load_s = 0.0
                seconds = max(seconds, spent)
            else:
                before_s = job.load_s
                num_tokens = min(left, _fitting(job, max(0.0, seconds - spent), cost))
                spent += before_s - job.load_s + cost.read_s(job.computed_tokens, num_tokens)
            left -= num_tokens
            portions.append((job, num_tokens))
        return seconds, portions


def _fitting(job: SimJob, seconds: float, cost: CostModel) -> int:
    """How much of its context a calmer job reads in a step of that length, after its loads."""
    if job.load_s >= seconds > 0:
        job.load_s -= seconds
        return 0
    seconds -= job.load_s
    job.load_s = 0.0
    start, unread = job.computed_tokens, job.unread_tokens
    if cost.read_s(start, unread) <= seconds:
        return unread
    return min(unread, max(1, cost.tokens_read_in(seconds, start)))
