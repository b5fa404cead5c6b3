"""The semantic key in one integer, for servers that know nothing but a `priority`.

Stock vLLM (`--scheduling-policy priority`) serves the smallest priority first, ties by
arrival. (urgency + 1)·2²⁰ + predicted remaining tokens orders as the two-key order does, and
leaves the plain levels 0 … 4 recognisable: our own scheduler reads both. What a stock server
cannot do stays undone: it never takes a slot for a waiting request, and a request keeps the
priority it came with.
"""

from scheduler.job import LEAST_URGENT

_BITS = 20
MAX_REMAINING = (1 << _BITS) - 1


def pack_priority(urgency: int, predicted_remaining: float) -> int:
    """The priority of a request; smaller is served first.

    `predicted_remaining`: output tokens still to come, cut to 0 … MAX_REMAINING. Raises
    ValueError when the urgency is no level or the prediction is not a number.
    """
    if not 0 <= urgency <= LEAST_URGENT:
        raise ValueError(f"urgency: a level from 0 to {LEAST_URGENT} is needed")
    if predicted_remaining != predicted_remaining:
        raise ValueError("predicted_remaining: a number of tokens is needed")
    remaining = int(max(0, min(MAX_REMAINING, predicted_remaining)))
    return ((int(urgency) + 1) << _BITS) + remaining


def urgency_of(priority: int) -> int:
    """The level that a priority stands for, packed or plain; out of range: the nearest."""
    level = (priority >> _BITS) - 1 if priority > MAX_REMAINING else priority
    return max(0, min(LEAST_URGENT, level))
