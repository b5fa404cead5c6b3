"""How long prompts and outputs are: distributions over whole tokens, written as a short text.

fixed:TOKENS                     always the same
uniform:LOW:HIGH                 the paper's choice is uniform:1:499
lognormal:MEDIAN:SIGMA[:MAX]     heavy-tailed, as chat traces are
pareto:LEAST:ALPHA[:MAX]         heavier still: P(length > x) = (LEAST/x)^ALPHA
"""

import math
import random
from collections.abc import Callable

MAX_TOKENS = 1_000_000
DEFAULT_MAX_TOKENS = 8_192  # of the heavy tails, unless said otherwise
Lengths = Callable[[random.Random], int]


def parse_lengths(text: str) -> Lengths:
    """The distribution that `text` describes. Raises ValueError saying what is needed."""
    kind, *values = text.split(":")
    numbers = [_number(text, value) for value in values]
    makers = {"fixed": _fixed, "uniform": _uniform, "lognormal": _lognormal, "pareto": _pareto}
    if kind not in makers:
        raise ValueError(f"{text!r} is no distribution; known are {', '.join(makers)}")
    wanted = {"fixed": (1,), "uniform": (2,), "lognormal": (2, 3), "pareto": (2, 3)}[kind]
    if len(numbers) not in wanted:
        raise ValueError(f"{text!r}: {kind} takes {' or '.join(map(str, wanted))} numbers")
    return makers[kind](text, numbers)


def _fixed(text: str, numbers: list[float]) -> Lengths:
    tokens = _tokens(text, numbers[0])
    return lambda rng: tokens


def _uniform(text: str, numbers: list[float]) -> Lengths:
    low, high = _tokens(text, numbers[0]), _tokens(text, numbers[1])
    if low > high:
        raise ValueError(f"{text!r}: the lower end is above the higher one")
    return lambda rng: rng.randint(low, high)


def _lognormal(text: str, numbers: list[float]) -> Lengths:
    center = math.log(_tokens(text, numbers[0]))
    sigma = _shape(text, numbers[1])
    most = _most(text, numbers)
    return lambda rng: max(1, min(most, round(math.exp(min(50.0, rng.gauss(center, sigma))))))


def _pareto(text: str, numbers: list[float]) -> Lengths:
    least, alpha = _tokens(text, numbers[0]), _shape(text, numbers[1])
    most = _most(text, numbers)
    return lambda rng: min(most, int(min(float(most), least * rng.paretovariate(alpha))))


def _most(text: str, numbers: list[float]) -> int:
    most = _tokens(text, numbers[2]) if len(numbers) > 2 else DEFAULT_MAX_TOKENS
    if most < numbers[0]:
        raise ValueError(f"{text!r}: MAX is below the first number")
    return most


def _number(text: str, value: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise ValueError(f"{text!r}: {value!r} is not a number") from error


def _tokens(text: str, value: float) -> int:
    if not 1 <= value <= MAX_TOKENS or value != int(value):
        raise ValueError(f"{text!r}: token counts are whole numbers from 1 to {MAX_TOKENS}")
    return int(value)


def _shape(text: str, value: float) -> float:
    if not 0.05 <= value <= 20:
        raise ValueError(f"{text!r}: SIGMA and ALPHA are numbers from 0.05 to 20")
    return value
