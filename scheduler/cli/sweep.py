"""Compare the policies over many seeds while one thing varies: rate, errors, slots, ..."""

import argparse
import json
from dataclasses import asdict
from typing import Any

from tqdm import tqdm

from scheduler.cli.engine_options import add_engine_arguments, make_setup
from scheduler.cli.parser import number, weights, whole
from scheduler.cli.recipe_options import add_recipe_arguments, check_use, make_recipe
from scheduler.policies import available, get_policy
from scheduler.policies.semantic_plus import DEFAULT_TARGETS_S
from scheduler.sim.confidence import CONFIDENCE
from scheduler.sim.experiment import VARIED, Condition, point, run_seeds
from scheduler.sim.workload import Recipe

EXAMPLE = "sweep --over rate --values 2,4,5,6,8 --kind gamma --seeds 10 --json > rate.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--over", choices=["policy", *VARIED], default="policy",
        help="what varies; policy: nothing else (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--values", metavar="V,V,...", help="the values it takes")
    parser.add_argument("--policies", default=",".join(available()), help="names, by comma")
    parser.add_argument("--seeds", type=whole(1, 10_000), default=10, metavar="N",
                        help="workloads drawn for each value (default: %(default)s)")  # fmt: skip
    parser.add_argument("--seed", type=whole(0, 10**12), default=0, help="the first of them")
    parser.add_argument(
        "--targets", type=weights, default=DEFAULT_TARGETS_S, metavar="S,S,S,S,S",
        help="longest wait by level, for the figures and for semantic-plus "
        f"(default: {','.join(f'{target:g}' for target in DEFAULT_TARGETS_S)})",
    )  # fmt: skip
    parser.add_argument("--cdf", action="store_true",
                        help="add the distributions by level, for `plot cdf`")  # fmt: skip
    parser.add_argument("--jobs", type=whole(1, 256), default=1, help="processes side by side")
    parser.add_argument("--json", action="store_true")
    add_engine_arguments(parser)
    add_recipe_arguments(parser)


def run(args: argparse.Namespace) -> None:
    values = _values(args.over, args.values)
    plain = _condition(args)
    seeds = range(args.seed, args.seed + args.seeds)
    points = []
    with tqdm(total=len(values) * len(seeds), unit="seed", disable=None, leave=False) as bar:
        for value in values:
            condition = plain if value is None else VARIED[args.over][0](plain, value)
            runs = []
            for found in run_seeds(condition, seeds, jobs=args.jobs, cdf=args.cdf):
                runs.append(found)
                bar.update()
            points.append(point(value, runs))
    if args.json:
        print(json.dumps(_head(args, plain.recipe) | {"points": points}))
        return
    for entry in points:
        _show(args.over, entry)


def _values(over: str, text: str | None) -> list[float | None]:
    if over == "policy":
        if text is not None:
            raise ValueError("argument --values: --over policy takes none")
        return [None]
    if text is None:
        raise ValueError(f"argument --values: the values of {over} are needed, such as 1,2,3")
    _, low, high, is_whole = VARIED[over]
    parse = whole(int(low), int(high)) if is_whole else number(low, high)
    try:
        return [parse(part.strip()) for part in text.split(",")]
    except argparse.ArgumentTypeError as error:
        raise ValueError(f"argument --values: {error}") from error


def _condition(args: argparse.Namespace) -> Condition:
    names = tuple(name for name in args.policies.split(",") if name)
    if not names or len(set(names)) < len(names):
        raise ValueError("policies: different names, separated by commas, are needed")
    for name in names:
        get_policy(name)
    if min(args.targets) <= 0:
        raise ValueError("argument --targets: numbers above 0 are needed")
    recipe = make_recipe(args)
    check_use(args.over, recipe.kind, f"--over {args.over}")
    return Condition(recipe, make_setup(args), names, args.targets)


def _head(args: argparse.Namespace, recipe: Recipe) -> dict[str, Any]:
    return {
        "over": args.over,
        "setting": args.setting,
        "engine": {
            "engines": args.engines, "batching": args.batching, "token_budget": args.token_budget,
            "predictor": {
                "latency_s": args.predictor_latency, "batch_size": args.predictor_batch,
                "mode": args.predictor_mode,
            },
        },
        "seeds": {"first": args.seed, "count": args.seeds},
        "confidence": CONFIDENCE,
        "targets_s": list(args.targets),
        "workload": asdict(recipe),
    }  # fmt: skip


def _show(over: str, entry: dict[str, Any]) -> None:
    print(f"\n{over} {entry['value']:g}" if entry["value"] is not None else "")
    title = "mean time in system by level 0 .. 4, s"
    print(f"{'policy':14} {title:80} {'all':>15}  {'within target':>13}  {'regret':>6}")
    for name, found in entry["policies"].items():
        times = found["time_in_system_s"]
        levels = " ".join(f"{_shown(level):>15}" for level in times["by_urgency"].values())
        share = _formed(found["within_target"]["share"]["mean"], ".1%")
        regret = _formed(found["regret"]["up_to_urgency"]["4"]["mean"], ".2f")
        print(f"{name:14} {levels:80} {_shown(times['mean']):>15}  {share:>13}  {regret:>6}")
    for name, others in entry["below"].items():
        if not name.startswith("semantic"):
            continue
        for other, gains in others.items():
            first, total = gains["by_urgency"]["0"], gains["total"]
            print(f"{name} below {other}: level 0 {_percent(first)}, total {_percent(total)}")


def _shown(found: dict[str, float | None]) -> str:
    mean = _formed(found["mean"], ".2f")
    if found["low"] is None or found["high"] is None:
        return mean
    return f"{mean} ± {(found['high'] - found['low']) / 2:.2f}"


def _percent(found: dict[str, float | None]) -> str:
    mean = _formed(found["mean"], ".1%")
    if found["low"] is None:
        return mean
    return f"{mean} ({found['low']:.1%} to {found['high']:.1%})"


def _formed(value: float | None, form: str) -> str:
    """A dash when no seed has such a figure."""
    return "–" if value is None else format(value, form)
