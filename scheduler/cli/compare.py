"""Run policies on workload files, side by side."""

import argparse
import json
import time
from pathlib import Path
from typing import Any

from scheduler.policies import available, get_policy
from scheduler.sim import SETTINGS, read_workload, simulate
from scheduler.sim.bounds import lower_bounds_s
from scheduler.sim.metrics import summary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--policies", default=",".join(available()), help="names, by comma")
    parser.add_argument("--setting", default="A100-4B", help=", ".join(SETTINGS))
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> None:
    if args.setting not in SETTINGS:
        raise ValueError(f"setting: {args.setting!r} is none of {', '.join(SETTINGS)}")
    names = [name for name in args.policies.split(",") if name]
    for name in names:
        get_policy(name)
    files = [_compare(path, names, args.setting) for path in args.files]
    if args.json:
        print(json.dumps({"files": files}))
        return
    for entry in files:
        print(f"{entry['file']}  ({entry['wall_s']:.2f} s)")
        print(f"  {'policy':14} {'total':>10} {'mean':>8}  by urgency (s in the system)")
        for name, figures in entry["policies"].items():
            times = figures["time_in_system_s"]
            levels = "  ".join(f"{value:8.2f}" for value in times["by_urgency"].values())
            print(f"  {name:14} {times['total']:10.1f} {times['mean']:8.2f}  {levels}")


def _compare(path: Path, names: list[str], setting: str) -> dict[str, Any]:
    workload, cost = read_workload(path), SETTINGS[setting]
    started = time.perf_counter()
    results = {name: simulate(workload, get_policy(name), cost) for name in names}
    wall_s = time.perf_counter() - started
    bounds = lower_bounds_s(workload.requests, cost, workload.slots)
    entry: dict[str, Any] = {
        "file": str(path),
        "wall_s": wall_s,
        "policies": {
            name: summary(result, cost, bounds_s=bounds) for name, result in results.items()
        },
        "lower_bound_s": {"up_to_urgency": {str(u): bound for u, bound in enumerate(bounds)}},
    }
    if workload.reported:
        entry["reported"] = workload.reported
    return entry
