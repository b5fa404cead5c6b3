"""Write workloads: the paper's generator, or arrivals and lengths of your choice."""

import argparse
import json
from pathlib import Path

from scheduler.cli.parser import whole
from scheduler.cli.recipe_options import add_recipe_arguments, make_recipe
from scheduler.sim.workload import write_requests, write_workload

EXAMPLE = "generate --kind surge --requests 2000 --rate 3 --surge-requests 200 --out traces"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=whole(0, 10**12), default=0, help="the first seed")
    parser.add_argument(
        "--count", type=whole(1, 10**5), default=1, help="how many workloads, a seed each"
    )
    parser.add_argument("--out", type=Path, default=Path(), help="folder (default: this one)")
    parser.add_argument("--name", help="file name without its ending, for a single workload")
    parser.add_argument(
        "--jsonl", action="store_true",
        help="one request a line, written in a stream: for millions of requests",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the files' names as JSON")
    add_recipe_arguments(parser)


def run(args: argparse.Namespace) -> None:
    if args.name is not None and (args.count > 1 or Path(args.name).name != args.name):
        raise ValueError("name: one plain file name for one workload is needed")
    if args.jsonl and args.slots is not None:
        raise ValueError(
            "argument --slots: a JSONL file has requests alone; compare and simulate take it"
        )
    recipe = make_recipe(args)
    args.out.mkdir(parents=True, exist_ok=True)
    paths = []
    for seed in range(args.seed, args.seed + args.count):
        stem = args.name or recipe.name(seed)
        # Not with_suffix: a name such as gap0.01 has a point in it.
        path = args.out / f"{stem}.{'jsonl' if args.jsonl else 'json'}"
        if args.jsonl:
            write_requests(recipe.stream(seed), path)
        else:
            write_workload(recipe.draw(seed), path)
        paths.append(str(path))
        if not args.json:
            print(path)
    if args.json:
        print(json.dumps({"files": paths}))
