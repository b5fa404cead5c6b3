"""Experiments: the same seeds under every policy, at each value of what is varied."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from typing import Any

from scheduler.job import NUM_LEVELS
from scheduler.policies import Policy, get_policy
from scheduler.sim.bounds import lower_bounds_s
from scheduler.sim.confidence import gain, over_seeds
from scheduler.sim.job import SimJob
from scheduler.sim.metrics import quantile, summary, time_in_system_s, ttft_s, waiting_s
from scheduler.sim.predictor import Predictor
from scheduler.sim.setup import Setup
from scheduler.sim.workload import Recipe, uniform_confusion

SAMPLED: dict[str, Callable[[SimJob], float]] = {
    "ttft_s": ttft_s,
    "time_in_system_s": time_in_system_s,
    "waiting_s": waiting_s,
}
CDF_POINTS = 101


@dataclass(frozen=True, slots=True)
class Condition:
    """One value of an experiment: what is served, on what, by whom."""

    recipe: Recipe
    setup: Setup
    policies: tuple[str, ...]
    targets_s: tuple[float, ...]


def _with_rate(condition: Condition, value: float) -> Condition:
    return replace(condition, recipe=replace(condition.recipe, rate_per_s=value))


def _with_burstiness(condition: Condition, value: float) -> Condition:
    return replace(condition, recipe=replace(condition.recipe, burstiness=value))


def _with_slots(condition: Condition, value: float) -> Condition:
    return replace(condition, recipe=replace(condition.recipe, slots=int(value)))


def _with_max_per_gap(condition: Condition, value: float) -> Condition:
    return replace(condition, recipe=replace(condition.recipe, max_per_gap=int(value)))


def _with_urgency_error(condition: Condition, value: float) -> Condition:
    errors = replace(condition.recipe.errors, confusion=uniform_confusion(value))
    return replace(condition, recipe=replace(condition.recipe, errors=errors))


def _with_length_error(condition: Condition, value: float) -> Condition:
    errors = replace(condition.recipe.errors, length_sigma=value)
    return replace(condition, recipe=replace(condition.recipe, errors=errors))


def _with_engines(condition: Condition, value: float) -> Condition:
    return replace(condition, setup=replace(condition.setup, num_engines=int(value)))


def _with_latency(condition: Condition, value: float) -> Condition:
    predictor = replace(condition.setup.predictor or Predictor(), latency_s=value)
    return replace(condition, setup=replace(condition.setup, predictor=predictor))


# What can be varied → (how, the lowest value, the highest, whole numbers only).
VARIED: dict[str, tuple[Callable[[Condition, float], Condition], float, float, bool]] = {
    "rate": (_with_rate, 1e-6, 1e6, False),
    "burstiness": (_with_burstiness, 0.01, 100, False),
    "max-per-gap": (_with_max_per_gap, 1, 1e6, True),
    "slots": (_with_slots, 1, 1e5, True),
    "urgency-error": (_with_urgency_error, 0, 1, False),
    "length-error": (_with_length_error, 0, 5, False),
    "predictor-latency": (_with_latency, 0, 1e6, False),
    "engines": (_with_engines, 1, 1e5, True),
}


def make_policy(name: str, targets_s: Sequence[float]) -> Policy:
    """A policy, with the wait targets where it has such. Raises ValueError for an unknown one."""
    policy = get_policy(name)
    return get_policy(name, targets_s=targets_s) if hasattr(policy, "targets_s") else policy


def run_seeds(
    condition: Condition, seeds: Sequence[int], *, jobs: int = 1, cdf: bool = False
) -> Iterator[dict[str, Any]]:
    """The figures of each seed by policy, as they come; with `cdf` the samples, too.

    `jobs` processes work side by side.
    """
    if jobs == 1:
        for seed in seeds:
            yield _run(condition, seed, cdf)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(_run, [condition] * len(seeds), seeds, [cdf] * len(seeds))


def _run(condition: Condition, seed: int, cdf: bool) -> dict[str, Any]:
    workload, setup = condition.recipe.draw(seed), condition.setup
    bounds = lower_bounds_s(workload.requests, setup.cost, setup.num_engines * workload.slots)
    figures, samples = {}, {}
    for name in condition.policies:
        result = setup.serve(workload, make_policy(name, condition.targets_s))
        figures[name] = summary(result, setup.cost, targets_s=condition.targets_s, bounds_s=bounds)
        if cdf:
            samples[name] = {
                metric: [
                    [of(job) for job in result.jobs if job.request.urgency == level]
                    for level in range(NUM_LEVELS)
                ]
                for metric, of in SAMPLED.items()
            }
    return {"figures": figures, "samples": samples}


def point(value: float | None, runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What `sweep` reports for one value: intervals by policy, gains of each over the others."""
    names = list(runs[0]["figures"])
    by_policy = {name: [_known(run["figures"][name]) for run in runs] for name in names}
    found: dict[str, Any] = {
        "value": value,
        "policies": {name: over_seeds(figures) for name, figures in by_policy.items()},
        "below": {
            one: {two: _gains(by_policy[one], by_policy[two]) for two in names if two != one}
            for one in names
        },
    }
    if runs[0]["samples"]:
        found["cdf"] = {
            name: {metric: _curves([run["samples"][name][metric] for run in runs])
                   for metric in SAMPLED}
            for name in names
        }  # fmt: skip
    return found


def _known(figures: dict[str, Any]) -> dict[str, Any]:
    """The figures of a seed with None for those about levels that nobody came for.

    `summary` has zeros there, which must not pull down the means over seeds.
    """
    counts = list(figures["num_requests"]["by_urgency"].values())
    about = {"by_urgency": counts, "levels": counts, "up_to_urgency": list(accumulate(counts))}

    def known(name: str, found: Any) -> Any:
        if name in about:
            return {
                level: value if count else _unknown(value)
                for (level, value), count in zip(found.items(), about[name], strict=True)
            }
        if isinstance(found, dict):
            return {part: known(part, value) for part, value in found.items()}
        return found

    # The numbers of requests are known, zeros too.
    return {
        name: found if name == "num_requests" else known(name, found)
        for name, found in figures.items()
    }


def _unknown(found: Any) -> Any:
    """None for every number of it."""
    if not isinstance(found, dict):
        return None
    return {name: _unknown(value) for name, value in found.items()}


def _gains(ours: Sequence[dict[str, Any]], theirs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """How far the mean time in system is below the other's, by level and in total."""
    one, other = ([figures["time_in_system_s"] for figures in side] for side in (ours, theirs))
    return {
        "total": gain([times["total"] for times in one], [times["total"] for times in other]),
        "by_urgency": {
            level: gain(
                [times["by_urgency"][level] for times in one],
                [times["by_urgency"][level] for times in other],
            )
            for level in map(str, range(NUM_LEVELS))
        },
    }


def _curves(runs: Sequence[Sequence[Sequence[float]]]) -> dict[str, list[float]]:
    """By level, the quantiles 0 %, 1 %, … 100 % over the requests of all seeds."""
    curves = {}
    for level in range(NUM_LEVELS):
        ordered = sorted(chain.from_iterable(run[level] for run in runs))
        shares = [number / (CDF_POINTS - 1) for number in range(CDF_POINTS)]
        curves[str(level)] = [quantile(ordered, share) for share in shares] if ordered else []
    return curves
