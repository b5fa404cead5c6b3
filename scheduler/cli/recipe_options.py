"""The options that describe a workload, shared by the commands that draw one.

Their defaults are None, so that what was typed can be told from what was not: an option that
would do nothing is refused.
"""

import argparse
from dataclasses import fields, replace
from typing import Any

from scheduler.cli.parser import LENGTHS_SYNTAX, confusion, lengths, number, weights, whole
from scheduler.sim.workload import KINDS, Errors, Recipe
from scheduler.sim.workload.recipe import PAPER_BUCKET_TOKENS
from scheduler.sim.workload.trace import MAX_SLOTS

# Option → the field of `Recipe` or `Errors` that it sets.
_FIELDS = {
    "kind": "kind", "requests": "num_requests", "rate": "rate_per_s",
    "burstiness": "burstiness", "day": "day_s", "swing": "swing", "surge_at": "surge_at_s",
    "surge_requests": "surge_requests", "surge_span": "surge_span_s",
    "max_per_gap": "max_per_gap", "gap": "gap_s", "prompt_tokens": "prompt_lengths",
    "output_tokens": "output_lengths", "urgencies": "urgencies", "slots": "slots",
    "urgency_error": "confusion", "length_error": "length_sigma", "bucket": "bucket_tokens",
}  # fmt: skip

_TIMED = ("poisson", "gamma", "day", "surge")
# Option → the kinds that use it; all use those that are not here.
_USED_BY: dict[str, tuple[str, ...]] = {
    "requests": _TIMED, "rate": _TIMED, "burstiness": ("gamma",), "day": ("day",),
    "swing": ("day",), "surge_at": ("surge",), "surge_requests": ("surge",),
    "surge_span": ("surge",), "max_per_gap": ("paper",), "gap": ("paper",),
}  # fmt: skip


def add_recipe_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options; what is not given is as in `Recipe`."""
    plain = Recipe()
    group = parser.add_argument_group("workload")

    def add(name: str, default: Any, about: str, **how: Any) -> None:
        if default is not None:
            about += f" (default: {default})"
        group.add_argument(name, help=about, **how)

    seconds = {"metavar": "S"}
    add("--kind", plain.kind, "paper: the paper's generator; poisson; gamma: bursty; day: rate "
        "swings daily; surge: poisson and a mass-casualty incident", choices=KINDS)  # fmt: skip
    add("--requests", plain.num_requests, "how many, for every kind but paper",
        type=whole(1, 10**8), metavar="N")  # fmt: skip
    add("--rate", plain.rate_per_s, "mean arrivals a second", type=number(1e-6, 1e6))
    add("--burstiness", plain.burstiness, "gamma: shape of the gaps; 1: Poisson, less: burstier",
        type=number(0.01, 100))  # fmt: skip
    add("--day", plain.day_s, "day: its length in seconds", type=number(1, 1e7), **seconds)
    add("--swing", plain.swing, "day: how far the rate swings, 0 to 1", type=number(0, 1))
    add("--surge-at", plain.surge_at_s, "surge: when it begins", type=number(0), **seconds)
    add("--surge-requests", plain.surge_requests, "surge: how many are hurt",
        type=whole(1, 10**6), metavar="N")  # fmt: skip
    add("--surge-span", plain.surge_span_s, "surge: how long it lasts",
        type=number(0.001, 1e6), **seconds)  # fmt: skip
    add("--max-per-gap", plain.max_per_gap, "paper: arrivals in a gap, at most",
        type=whole(1, 10**6), metavar="N")  # fmt: skip
    add("--gap", plain.gap_s, "paper: seconds between its 20 gaps", type=number(0), **seconds)
    add("--prompt-tokens", plain.prompt_lengths, LENGTHS_SYNTAX, type=lengths, metavar="LENGTHS")
    add("--output-tokens", plain.output_lengths, "likewise", type=lengths, metavar="LENGTHS")
    add("--urgencies", None, "weights of the levels 0 to 4 (default: all alike)",
        type=weights, metavar="W,W,W,W,W")  # fmt: skip
    add("--urgency-error", None, "share of levels predicted wrong, or a confusion matrix: a JSON "
        "file of five rows, or the output of the classifier's evaluation",
        type=confusion, metavar="SHARE|FILE")  # fmt: skip
    add("--length-error", 0, "standard deviation of log(predicted / true length)",
        type=number(0, 5), metavar="SIGMA")  # fmt: skip
    add("--bucket", None, "lengths are predicted by bucket of this size; 0: to the token "
        f"(default: {PAPER_BUCKET_TOKENS} for paper, else 0)",
        type=whole(0, 10**6), metavar="TOKENS")  # fmt: skip
    add_slots_argument(group, f"default: {plain.slots}")


def add_slots_argument(group: argparse._ActionsContainer, default: str) -> None:
    """Add --slots, None when it is not given."""
    group.add_argument("--slots", type=whole(1, MAX_SLOTS), metavar="N",
                       help=f"requests that run at a time, at most ({default})")  # fmt: skip


def make_recipe(args: argparse.Namespace) -> Recipe:
    """The recipe that the options describe.

    Raises ValueError naming one that the kind does not use.
    """
    kind = args.kind or Recipe().kind
    for name in _given(args):
        check_use(name, kind, _option(name))
    given = {_FIELDS[name]: getattr(args, name) for name in _given(args)}
    of_errors = {field.name for field in fields(Errors)}
    errors = Errors(bucket_tokens=PAPER_BUCKET_TOKENS if kind == "paper" else 0)
    errors = replace(errors, **{name: given.pop(name) for name in of_errors & given.keys()})
    return Recipe(errors=errors, **given)


def check_use(name: str, kind: str, shown: str) -> None:
    """Raises ValueError, calling the option as `shown`, when workloads of the kind ignore it."""
    name = name.replace("-", "_")
    if kind not in _USED_BY.get(name, KINDS):
        users = " or ".join(f"--kind {user}" for user in _USED_BY[name])
        raise ValueError(f"argument {shown}: --kind {kind} does not use it; {users} does")


def refuse_recipe(args: argparse.Namespace, why: str, *, besides: tuple[str, ...] = ()) -> None:
    """Raises ValueError when an option other than `besides` describes a workload."""
    for name in _given(args):
        if name not in besides:
            raise ValueError(f"argument {_option(name)}: {why}")


def _given(args: argparse.Namespace) -> list[str]:
    return [name for name in _FIELDS if getattr(args, name) is not None]


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
