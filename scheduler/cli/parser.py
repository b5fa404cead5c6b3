"""Arguments as every command takes them: a bad one is one sentence that names it."""

import argparse
import math
from collections.abc import Callable
from typing import NoReturn

from scheduler.sim.workload.errors import Confusion, read_confusion, uniform_confusion
from scheduler.sim.workload.lengths import parse_lengths

LENGTHS_SYNTAX = (
    "fixed:N, uniform:LOW:HIGH, lognormal:MEDIAN:SIGMA[:MAX] or pareto:LEAST:ALPHA[:MAX]"
)


class Parser(argparse.ArgumentParser):
    """argparse, but the caller decides what becomes of an error."""

    def error(self, message: str) -> NoReturn:
        """Raises ValueError instead of printing the usage and leaving the process."""
        raise ValueError(message)


def whole(low: int, high: int = 10**9) -> Callable[[str], int]:
    """An argument type: a whole number within the bounds."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(
                f"a whole number from {low} to {high:g} is needed, not {_shown(text)}"
            )
        return value

    return parse


def number(low: float, high: float = 1e9) -> Callable[[str], float]:
    """An argument type: a finite number within the bounds."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(
                f"a number from {low:g} to {high:g} is needed, not {_shown(text)}"
            )
        return value

    return parse


def several(one: Callable[[str], float]) -> Callable[[str], list[float]]:
    """An argument type: values separated by commas, at least one."""

    def parse(text: str) -> list[float]:
        return [one(part.strip()) for part in text.split(",")]

    return parse


def lengths(text: str) -> str:
    """An argument type: a length distribution, kept as its text."""
    try:
        parse_lengths(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def weights(text: str) -> tuple[float, ...]:
    """An argument type: the weights of the five levels."""
    values = several(number(0, 1e6))(text)
    if len(values) != 5 or not sum(values):
        raise argparse.ArgumentTypeError(
            f"five numbers with a sum above 0 are needed, not {_shown(text)}"
        )
    return tuple(values)


def confusion(text: str) -> Confusion:
    """An argument type: a share of wrong levels, or a file with a confusion matrix."""
    from pathlib import Path

    try:
        float(text)
    except ValueError:
        try:
            return read_confusion(Path(text))
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
    return uniform_confusion(number(0, 1)(text))


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
