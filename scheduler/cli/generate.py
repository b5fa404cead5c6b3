"""Write workloads drawn by the paper's generator."""

import argparse
import json
from pathlib import Path

from scheduler.sim.workload import paper_workload


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=0, help="first seed")
    parser.add_argument("--count", type=int, default=1, help="number of workloads")
    parser.add_argument("--max-per-gap", type=int, default=20, help="arrivals in a gap, at most")
    parser.add_argument("--gap", type=float, default=0.01, help="seconds between gaps")
    parser.add_argument("--out", type=Path, default=Path(), help="folder")


def run(args: argparse.Namespace) -> None:
    if args.count < 1 or args.max_per_gap < 1 or args.gap < 0:
        raise ValueError("count and max-per-gap must be above 0, gap not below 0")
    args.out.mkdir(parents=True, exist_ok=True)
    for seed in range(args.seed, args.seed + args.count):
        workload = paper_workload(seed, args.max_per_gap, args.gap)
        path = args.out / f"{workload.name}.json"
        path.write_text(json.dumps(workload.as_json()), encoding="utf-8")
        print(path)
