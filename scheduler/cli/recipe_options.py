"""The options that describe a workload, shared by the commands that draw one."""

import argparse
from typing import Any

from scheduler.cli.parser import confusion, lengths, number, weights, whole
from scheduler.sim.workload import KINDS, Errors, Recipe
from scheduler.sim.workload.recipe import PAPER_BUCKET_TOKENS

_LENGTHS = "fixed:N, uniform:LOW:HIGH, lognormal:MEDIAN:SIGMA[:MAX] or pareto:LEAST:ALPHA[:MAX]"


def add_recipe_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options; their defaults are those of `Recipe`."""
    plain = Recipe()
    group = parser.add_argument_group("workload")

    def add(name: str, default: Any, about: str, **how: Any) -> None:
        if default is not None:
            about += " (default: %(default)s)"
        group.add_argument(name, default=default, help=about, **how)

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
    add("--prompt-tokens", plain.prompt_lengths, _LENGTHS, type=lengths, metavar="LENGTHS")
    add("--output-tokens", plain.output_lengths, "likewise", type=lengths, metavar="LENGTHS")
    add("--urgencies", None, "weights of the levels 0 to 4 (default: all alike)",
        type=weights, metavar="W,W,W,W,W")  # fmt: skip
    add("--urgency-error", None, "share of levels predicted wrong, or a confusion matrix: a JSON "
        "file of five rows, or the output of the classifier's evaluation",
        type=confusion, metavar="SHARE|FILE")  # fmt: skip
    add("--length-error", 0.0, "standard deviation of log(predicted / true length)",
        type=number(0, 5), metavar="SIGMA")  # fmt: skip
    add("--bucket", None, "lengths are predicted by bucket of this size; 0: to the token "
        f"(default: {PAPER_BUCKET_TOKENS} for paper, else 0)",
        type=whole(0, 10**6), metavar="TOKENS")  # fmt: skip
    add("--slots", plain.slots, "requests that run at a time, at most", type=whole(1, 10**5))


def make_recipe(args: argparse.Namespace) -> Recipe:
    """The recipe that the options describe."""
    bucket = args.bucket
    if bucket is None:
        bucket = PAPER_BUCKET_TOKENS if args.kind == "paper" else 0
    return Recipe(
        kind=args.kind,
        num_requests=args.requests,
        rate_per_s=args.rate,
        burstiness=args.burstiness,
        day_s=args.day,
        swing=args.swing,
        surge_at_s=args.surge_at,
        surge_requests=args.surge_requests,
        surge_span_s=args.surge_span,
        max_per_gap=args.max_per_gap,
        gap_s=args.gap,
        prompt_lengths=args.prompt_tokens,
        output_lengths=args.output_tokens,
        urgencies=args.urgencies or Recipe().urgencies,
        errors=Errors(args.urgency_error, args.length_error, bucket),
        slots=args.slots,
    )
