"""Run policies on workload files, side by side."""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from tqdm import tqdm

from scheduler.cli.engine_options import add_engine_arguments, make_setup
from scheduler.cli.recipe_options import add_slots_argument
from scheduler.policies import available, get_policy
from scheduler.sim import Workload, read_workload
from scheduler.sim.bounds import lower_bounds_s
from scheduler.sim.metrics import summary
from scheduler.sim.setup import Setup
from scheduler.sim.workload import DEFAULT_SLOTS

EXAMPLE = "compare traces/*.json --policies fcfs,semantic-plus,my_module:MyPolicy"
BAR_DELAY_S = 2.0  # a progress bar is for runs that last


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument(
        "--policies", default=",".join(available()),
        help="names, by comma; module:Class for one of your own (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true")
    add_slots_argument(parser, f"default: what a file says, else {DEFAULT_SLOTS}")
    add_engine_arguments(parser)


def run(args: argparse.Namespace) -> None:
    setup = make_setup(args)
    names = [name for name in args.policies.split(",") if name]
    if not names:
        raise ValueError("policies: at least one name is needed")
    for name in names:
        get_policy(name)
    files = [_compare(path, names, setup, args.slots) for path in args.files]
    if args.json:
        print(json.dumps({"files": files}))
        return
    for entry in files:
        print(f"{entry['file']}  ({entry['wall_s']:.2f} s)")
        print(f"  {'policy':14} {'total':>10} {'mean':>8}  by urgency (s in the system)")
        for name, figures in entry["policies"].items():
            times = figures["time_in_system_s"]
            sizes = figures["num_requests"]["by_urgency"]
            levels = "  ".join(
                f"{value:8.2f}" if sizes[level] else f"{'-':>8}"
                for level, value in times["by_urgency"].items()
            )
            print(f"  {name:14} {times['total']:10.1f} {times['mean']:8.2f}  {levels}")


def _compare(path: Path, names: list[str], setup: Setup, slots: int | None) -> dict[str, Any]:
    workload = read_workload(path, slots=slots)
    with progress_bar(workload, len(names)) as bar:
        started = time.perf_counter()
        results = {name: setup.serve(workload, get_policy(name), bar.update) for name in names}
        wall_s = time.perf_counter() - started
    slots = workload.slots * setup.num_engines
    bounds = lower_bounds_s(workload.requests, setup.cost, slots)
    entry: dict[str, Any] = {
        "file": str(path),
        "wall_s": wall_s,
        "policies": {
            name: summary(result, setup.cost, bounds_s=bounds) for name, result in results.items()
        },
        "lower_bound_s": {"up_to_urgency": {str(u): bound for u, bound in enumerate(bounds)}},
    }
    if workload.reported:
        entry["reported"] = workload.reported
    return entry


def progress_bar(workload: Workload, num_policies: int = 1) -> Any:
    """A bar on the error stream that counts ended requests, on terminals, for long runs."""
    return tqdm(
        total=num_policies * len(workload.requests), desc=workload.name, unit=" requests",
        delay=BAR_DELAY_S, disable=None, leave=False,
    )  # fmt: skip
