"""Choosing calibration and round-up thresholds on validation data."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from triage.classify.fusion import round_up
from triage.classify.types import NUM_LEVELS
from triage.classify.urgency_model import Calibration, level_probabilities

CALIBRATION_PENALTY = 1e-3  # on the squares of the map; 1e-4 to 5e-3 make little difference
# Stricter than the target by a margin: new messages are harder than those chosen by.
UNDER_TRIAGE_TARGET = 0.03  # true 0–1 given 2 or more
MISSED_TARGET = 0.03  # true 0 given 1 or more


def fit_calibration(
    cumulative: torch.Tensor, levels: torch.Tensor, weights: torch.Tensor
) -> Calibration:
    """The linear map of the cumulative logits with the least log loss over the five levels.

    `weights`: [n], how much each message counts.

    The harm weights of the training loss push the logits to the urgent side; this takes that
    back, so that the probabilities mean what they say. Harm comes in again by the thresholds.
    Each boundary by itself can be right on the mean and still be wrong for a message that is
    either grave or nothing, where the boundaries' logits contradict each other.
    """
    matrix = torch.zeros(NUM_LEVELS, NUM_LEVELS - 1, requires_grad=True)
    bias = torch.zeros(NUM_LEVELS, requires_grad=True)
    cumulative = cumulative.clone()  # out of inference mode
    optimizer = torch.optim.LBFGS([matrix, bias], max_iter=500, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        scores = cumulative @ matrix.T + bias
        each = torch.nn.functional.cross_entropy(scores, levels, reduction="none")
        loss = (weights * each).mean() + CALIBRATION_PENALTY * (matrix**2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    if not (matrix.isfinite().all() and bias.isfinite().all()):
        raise ArithmeticError("The calibration did not converge: are there logits that are none?")
    return Calibration(
        tuple(tuple(round(value, 4) for value in row) for row in matrix.tolist()),
        tuple(round(value, 4) for value in bias.tolist()),
    )


def expected_calibration_error(probabilities: torch.Tensor, levels: torch.Tensor) -> float:
    """ECE of the likeliest level over ten equal bins of confidence."""
    confidence, guess = probabilities.max(1)
    right = (guess == levels).float()
    error = 0.0
    for low in torch.arange(0, 1, 0.1):
        inside = (confidence > low) & (confidence <= low + 0.1)
        if inside.any():
            gap = (confidence[inside].mean() - right[inside].mean()).abs()
            error += (gap * inside.float().mean()).item()
    return error


def figures(levels: list[int], given: list[int]) -> dict[str, float]:
    """The safety figures of a set of decisions, shares 0.0–1.0."""
    pairs = list(zip(levels, given, strict=True))
    urgent = [pair for pair in pairs if pair[0] <= 1]
    worst = [pair for pair in pairs if pair[0] == 0]
    calm = [pair for pair in pairs if pair[0] >= 3]
    return {
        "n": len(pairs),
        "exact": sum(a == b for a, b in pairs) / len(pairs),
        "within_one": sum(abs(a - b) <= 1 for a, b in pairs) / len(pairs),
        "under_triage": sum(b >= 2 for _, b in urgent) / max(1, len(urgent)),
        "missed_immediate": sum(b >= 1 for _, b in worst) / max(1, len(worst)),
        "over_triage": sum(b <= 1 for _, b in calm) / max(1, len(calm)),
    }


@dataclass(frozen=True, slots=True)
class Judged:
    """A set of messages with what the model says of them."""

    cumulative: torch.Tensor  # [n, 4] logits
    levels: list[int]
    floors: list[int]  # of red flags and vital signs


def calibration_of(sets: Sequence[Judged]) -> Calibration:
    """Fitted on several sets, each of the same weight however large it is."""
    sizes = [len(one.levels) for one in sets]
    weights = torch.cat([torch.full((size,), sum(sizes) / size / len(sets)) for size in sizes])
    levels = torch.tensor([level for one in sets for level in one.levels])
    return fit_calibration(torch.cat([one.cumulative for one in sets]), levels, weights)


def choose_thresholds(sets: Sequence[Judged], by: Calibration) -> tuple[float, ...]:
    """One threshold for each boundary between levels: the most exact that are safe enough.

    Chosen on the fused decision (model, red flags and vital signs), which is what counts, by
    the mean over the sets. Without any safe choice, the least unsafe one.
    """
    rows = [level_probabilities(one.cumulative, by).tolist() for one in sets]
    urgent = (0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
    grids = (urgent, urgent, (0.3, 0.4, 0.45, 0.5), (0.4, 0.45, 0.5, 0.55))

    def score(thresholds: tuple[float, ...]) -> float:
        return sum(
            _worth(one.levels, decided_levels(mine, thresholds, one.floors))
            for one, mine in zip(sets, rows, strict=True)
        )

    return max(itertools.product(*grids), key=score)


def decided_levels(
    probabilities: list[list[float]], thresholds: Sequence[float], floors: Sequence[int]
) -> list[int]:
    """The fused decision: the model's level, rounded up, or a more urgent floor."""
    return [min(round_up(row, thresholds), floor)
            for row, floor in zip(probabilities, floors, strict=True)]  # fmt: skip


def _worth(levels: list[int], given: list[int]) -> float:
    found = figures(levels, given)
    unsafe = max(0.0, found["under_triage"] - UNDER_TRIAGE_TARGET)
    unsafe += 0.5 * max(0.0, found["missed_immediate"] - MISSED_TARGET)
    return found["exact"] + 0.3 * found["within_one"] - 0.3 * found["over_triage"] - 4 * unsafe
