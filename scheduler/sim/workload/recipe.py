"""A workload in a few numbers: who comes when, how long, how urgent, how well predicted."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice

from scheduler.job import NUM_LEVELS
from scheduler.sim.workload import arrivals
from scheduler.sim.workload.errors import Errors
from scheduler.sim.workload.lengths import parse_lengths
from scheduler.sim.workload.request import DEFAULT_SLOTS, Request, Workload

KINDS = ("paper", "poisson", "gamma", "day", "surge")
PAPER_LENGTHS = "uniform:1:499"
PAPER_BUCKET_TOKENS = 50
EVEN_LEVELS = (1.0,) * NUM_LEVELS
SURGE_LEVELS = (4.0, 4.0, 2.0, 1.0, 0.5)  # of those hurt in a mass-casualty incident


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that a workload is drawn from. Times in seconds, sizes in tokens.

    `urgencies` are the weights of the five levels. `num_requests` limits every kind but
    `paper`, which ends by itself; a surge comes on top of it.
    """

    kind: str = "paper"
    num_requests: int = 1000
    rate_per_s: float = 4.0
    burstiness: float = 0.5  # gamma
    day_s: float = 86_400.0  # day: length of a day
    swing: float = 0.6  # day: 0.0–1.0
    surge_at_s: float = 60.0  # surge
    surge_requests: int = 100
    surge_span_s: float = 30.0
    max_per_gap: int = 50  # paper
    gap_s: float = 0.01
    prompt_lengths: str = PAPER_LENGTHS
    output_lengths: str = PAPER_LENGTHS
    urgencies: tuple[float, ...] = EVEN_LEVELS
    errors: Errors = field(default_factory=lambda: Errors(bucket_tokens=PAPER_BUCKET_TOKENS))
    slots: int = DEFAULT_SLOTS

    def name(self, seed: int) -> str:
        """A short name that tells workloads of one kind apart."""
        if self.kind == "paper":
            return f"seed{seed}_gap{self.gap_s:g}_mc{self.max_per_gap}"
        return f"{self.kind}_seed{seed}_rate{self.rate_per_s:g}_n{self.num_requests}"

    def draw(self, seed: int) -> Workload:
        """The workload of a seed, the same on every machine."""
        return Workload(self.name(seed), list(self.stream(seed)), self.slots)

    def stream(self, seed: int) -> Iterator[Request]:
        """The same requests one at a time, for workloads larger than memory.

        Raises ValueError when a kind or a distribution is unknown.
        """
        # Streams of their own: another length must not change who comes when.
        sizes, levels = random.Random(f"{seed}/sizes"), random.Random(f"{seed}/levels")
        prompt, output = parse_lengths(self.prompt_lengths), parse_lengths(self.output_lengths)

        def requests() -> Iterator[Request]:
            for number, (moment, weights) in enumerate(self._moments(seed)):
                length = output(sizes)
                yield Request(
                    id=number,
                    arrival_s=moment,
                    urgency=levels.choices(range(NUM_LEVELS), weights)[0],
                    prompt_tokens=prompt(sizes),
                    output_tokens=length,
                    predicted_output_tokens=length,
                )

        return self.errors.apply(requests(), seed)

    def _moments(self, seed: int) -> Iterator[tuple[float, tuple[float, ...]]]:
        """Arrivals, each with the weights of the levels that hold for it."""
        rng = random.Random(f"{seed}/arrivals")
        if self.kind == "paper":
            for moment in arrivals.paper_gaps(rng, self.max_per_gap, self.gap_s):
                yield moment, self.urgencies
            return
        if self.kind == "gamma":
            process = arrivals.gamma(rng, self.rate_per_s, self.burstiness)
        elif self.kind == "day":
            process = arrivals.day_curve(rng, self.rate_per_s, self.day_s, self.swing)
        elif self.kind in ("poisson", "surge"):
            process = arrivals.poisson(rng, self.rate_per_s)
        else:
            raise ValueError(f"kind: {self.kind!r} is none of {', '.join(KINDS)}")
        calm = ((moment, self.urgencies) for moment in islice(process, self.num_requests))
        if self.kind != "surge":
            yield from calm
            return
        hurt = arrivals.surge(
            random.Random(f"{seed}/surge"), self.surge_at_s, self.surge_requests, self.surge_span_s
        )
        yield from merge(calm, ((moment, SURGE_LEVELS) for moment in hurt))


def paper_workload(
    seed: int, max_per_gap: int, gap_s: float = 0.01, slots: int = DEFAULT_SLOTS
) -> Workload:
    """The paper's generator: in each of 20 gaps a uniform number of arrivals up to the limit.

    Prompts and outputs uniform in 1..499, five urgencies uniform, lengths predicted as the
    lower or upper end of their bucket of 50. Source: arXiv 2506.12204, its experiments.
    """
    return Recipe(max_per_gap=max_per_gap, gap_s=gap_s, slots=slots).draw(seed)
