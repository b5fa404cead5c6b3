"""Requests to put to a real engine: who comes when, and how long. The same seed, the same ones."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from scheduler.job import NUM_LEVELS
from scheduler.sim.workload import Request
from scheduler.sim.workload.lengths import Lengths, parse_lengths

DRAWS_EACH = 64  # for a length that is kept: of the sorted draws, one from each so many in a row
DRAWS_FOR_MEAN = 20_000


@dataclass(frozen=True, slots=True)
class LoadShape:
    """How long requests are, and how well that is known.

    Answers are as skewed as those of chat services, which are heavy-tailed (arXiv 2604.00499):
    a log-normal distribution with a mean of 136 tokens and a coefficient of variation of 0.95.
    """

    prompt_tokens: str = "uniform:32:400"
    output_tokens: str = "lognormal:90:1:512"
    length_error: float = 0.3  # standard deviation of log(predicted / true)

    @property
    def mean_output_tokens(self) -> float:
        """Estimated from draws that are always the same."""
        draw, rng = parse_lengths(self.output_tokens), random.Random(0)
        return fmean(draw(rng) for _ in range(DRAWS_FOR_MEAN))


DEFAULT_SHAPE = LoadShape()


def draw_requests(
    seed: int, count: int, rate_per_s: float, shape: LoadShape = DEFAULT_SHAPE
) -> list[Request]:
    """Poisson arrivals, five equally frequent levels, predictions with log-normal errors.

    Drawn at random, one level's few dozen requests would be some per cent longer than another's,
    and all of them some per cent off the mean: much beside an overload of 1.2, and beside the
    differences between policies. So of five requests in a row each level has one, the lengths
    of each level are spread evenly over the distribution, and time is stretched until the tokens
    asked for a second are exactly those of `rate_per_s` requests of the mean length. An infinite
    rate lets all come at once.
    """
    rng = random.Random(seed)
    rounds = -(-count // NUM_LEVELS)
    prompts, outputs = (
        [_spread(rng, parse_lengths(text), rounds) for _level in range(NUM_LEVELS)]
        for text in (shape.prompt_tokens, shape.output_tokens)
    )
    levels = [
        level for _round in range(rounds) for level in rng.sample(range(NUM_LEVELS), NUM_LEVELS)
    ]
    requests: list[Request] = []
    now_s = 0.0
    for number, level in enumerate(levels[:count]):
        output = outputs[level][number // NUM_LEVELS]
        requests.append(
            Request(
                id=number,
                arrival_s=now_s,
                urgency=level,
                prompt_tokens=prompts[level][number // NUM_LEVELS],
                output_tokens=output,
                predicted_output_tokens=_predicted(rng, output, shape.length_error),
            )
        )
        now_s += rng.expovariate(rate_per_s) if math.isfinite(rate_per_s) else 0.0
    if now_s == 0.0:
        return requests
    tokens_per_s = rate_per_s * shape.mean_output_tokens
    stretch = sum(request.output_tokens for request in requests) / tokens_per_s / now_s
    return [replace(request, arrival_s=request.arrival_s * stretch) for request in requests]


def mispredict(requests: Sequence[Request], seed: int, length_error: float) -> list[Request]:
    """The same requests with predictions drawn anew around the true lengths."""
    rng = random.Random(seed)
    return [
        replace(
            request, predicted_output_tokens=_predicted(rng, request.output_tokens, length_error)
        )
        for request in requests
    ]


def longest_context(requests: Sequence[Request]) -> int:
    """The largest number of tokens that one of the requests comes to; 1 for none."""
    return max((request.prompt_tokens + request.output_tokens for request in requests), default=1)


def _predicted(rng: random.Random, true_tokens: int, length_error: float) -> float:
    return max(1, true_tokens * rng.lognormvariate(0, length_error))


def _spread(rng: random.Random, draw: Lengths, count: int) -> list[int]:
    """`count` lengths, one from each of so many equally likely parts, in any order."""
    drawn = sorted(draw(rng) for _ in range(DRAWS_EACH * count))
    lengths = [drawn[DRAWS_EACH * part + rng.randrange(DRAWS_EACH)] for part in range(count)]
    rng.shuffle(lengths)
    return lengths
