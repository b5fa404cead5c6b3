"""When requests arrive: processes that yield moments in seconds, in order, without end.

Each takes its random generator, so that a seed gives the same moments on every machine.
"""

import math
import random
from collections.abc import Iterator

PAPER_GAPS = 20


def poisson(rng: random.Random, rate_per_s: float) -> Iterator[float]:
    """A Poisson process: independent arrivals, exponential gaps."""
    return gamma(rng, rate_per_s, burstiness=1.0)


def gamma(rng: random.Random, rate_per_s: float, burstiness: float) -> Iterator[float]:
    """Gaps from a gamma distribution of mean 1/rate and shape `burstiness`.

    As in vLLM's serving benchmark: 1 is Poisson, below 1 burstier (the gaps' coefficient of
    variation is 1/√burstiness), above 1 more even.
    """
    now_s = 0.0
    scale = 1.0 / (rate_per_s * burstiness)
    while True:
        now_s += rng.gammavariate(burstiness, scale)
        yield now_s


def day_curve(rng: random.Random, rate_per_s: float, day_s: float, swing: float) -> Iterator[float]:
    """A Poisson process whose rate swings once a day around its mean `rate_per_s`.

    rate(t) = rate · (1 + swing · sin(2π(t/day − 1/4))): lowest at the start of the day, highest
    in the middle. `swing` is 0.0–1.0. Drawn by thinning (Lewis and Shedler 1979).
    """
    highest = rate_per_s * (1.0 + swing)
    for moment in poisson(rng, highest):
        rate = rate_per_s * (1.0 + swing * math.sin(2 * math.pi * (moment / day_s - 0.25)))
        if rng.random() * highest < rate:
            yield moment


def surge(rng: random.Random, start_s: float, num_arrivals: int, span_s: float) -> list[float]:
    """The moments of one mass-casualty incident.

    The reports follow a triangular density over `span_s` seconds that peaks a fifth of the way
    in: nobody at once, most soon after, stragglers later.
    """
    peak_s = start_s + 0.2 * span_s
    return sorted(rng.triangular(start_s, start_s + span_s, peak_s) for _ in range(num_arrivals))


def paper_gaps(rng: random.Random, max_per_gap: int, gap_s: float) -> Iterator[float]:
    """The paper's arrivals: in each of 20 gaps a uniform number from 0 to `max_per_gap`.

    Source: Semantic Scheduling for LLM Inference (arXiv 2506.12204). The only process here
    that ends.
    """
    for gap in range(PAPER_GAPS):
        for _ in range(rng.randint(0, max_per_gap)):
            yield gap * gap_s
