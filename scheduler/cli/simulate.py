"""Serve one workload under one policy, however large, and show every figure of it."""

import argparse
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from scheduler.cli.compare import progress_bar
from scheduler.cli.engine_options import add_engine_arguments, make_setup
from scheduler.cli.parser import whole
from scheduler.cli.recipe_options import add_recipe_arguments, make_recipe, refuse_recipe
from scheduler.policies import get_policy
from scheduler.sim import Workload, read_workload
from scheduler.sim.metrics import summary

EXAMPLE = (
    "simulate --kind poisson --requests 1000000 --rate 500 --engines 100 --policy semantic-plus"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE",
                        help="a workload file; without one a workload is drawn")  # fmt: skip
    parser.add_argument(
        "--policy", default="semantic-plus", metavar="NAME",
        help="a name, or module:Class for one of your own (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--seed", type=whole(0, 10**12), help="of a drawn workload (default: 0)")
    parser.add_argument("--json", action="store_true")
    add_engine_arguments(parser)
    add_recipe_arguments(parser)


def run(args: argparse.Namespace) -> None:
    setup = make_setup(args)
    policy = get_policy(args.policy)
    workload = _workload(args)
    with progress_bar(workload) as bar:
        started = time.perf_counter()
        result = setup.serve(workload, policy, bar.update)
        wall_s = time.perf_counter() - started
    found = {
        "workload": workload.name,
        "policy": args.policy,  # as typed: one of your own may share its name with ours
        "engines": setup.num_engines,
        "slots": workload.slots,
        "requests": len(workload.requests),
        "wall_s": wall_s,
        "peak_memory_bytes": _peak_memory_bytes(),
        "end_s": result.end_s,
        "num_decisions": result.num_decisions,
        "figures": summary(result, setup.cost),
    }
    if args.json:
        print(json.dumps(found))
    else:
        _show(found)


def _workload(args: argparse.Namespace) -> Workload:
    if args.file is None:
        return make_recipe(args).draw(args.seed or 0)
    why = f"{args.file.name} has the requests; this option is for drawing some"
    if args.seed is not None:
        raise ValueError(f"argument --seed: {why}")
    refuse_recipe(args, why, besides=("slots",))
    return read_workload(args.file, slots=args.slots)


def _show(found: dict[str, Any]) -> None:
    figures = found["figures"]
    print(f"{found['workload']}: {found['requests']} requests under {found['policy']} on "
          f"{found['engines']} x {found['slots']} slots, {found['end_s']:.1f} s simulated in "
          f"{found['wall_s']:.1f} s, {found['peak_memory_bytes'] / 1e9:.2f} GB")  # fmt: skip
    print(f"{'seconds':18}" + "".join(f"{f'level {level}':>10}" for level in range(5)))
    sizes = figures["num_requests"]["by_urgency"]
    for name in ("time_in_system_s", "ttft_s", "waiting_s"):
        levels = figures[name]["levels"]
        for statistic in ("mean", "p99"):
            row = "".join(
                f"{levels[level][statistic]:10.2f}" if size else f"{'-':>10}"
                for level, size in sizes.items()
            )
            print(f"{name.removesuffix('_s').replace('_', ' '):14}{statistic:>4}{row}")
    print(f"{figures['tokens_per_s']:.0f} tokens/s, {figures['preemptions']} preemptions, "
          f"{figures['recomputed_tokens']} tokens read again, "
          f"{figures['inversion_s']:.1f} inversion-seconds")  # fmt: skip


def _peak_memory_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
