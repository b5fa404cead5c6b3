"""Draw a figure from the output of `sweep --json` or `scale --json`."""

import argparse
import json
import sys
from pathlib import Path

from scheduler.cli.parser import number, several, whole
from scheduler.plots import FIGURES, Source
from scheduler.plots.style import save
from scheduler.sim.workload.checks import parse_json, read_text

EXAMPLE = "plot lines rate.json --stat p99 --out rate.svg"
METRICS = ("time_in_system_s", "ttft_s", "tpot_s", "waiting_s", "slowdown")
STATS = ("mean", "p50", "p90", "p99", "max")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "cdf: distributions by level (from sweep --cdf); lines: a metric against what varied; "
        "targets: waiting against the wait targets; decision: its time (from scale)."
    )
    parser.add_argument("figure", choices=list(FIGURES))
    parser.add_argument("file", help="JSON file; - reads the standard input")
    parser.add_argument("--out", type=Path, required=True, help="an .svg, .png or .pdf to write")
    parser.add_argument("--metric", choices=METRICS, default="time_in_system_s")
    parser.add_argument("--stat", choices=STATS, default="mean", help="of lines and targets")
    parser.add_argument(
        "--levels", type=several(whole(0, 4)), help="lines: by comma, others left out"
    )
    parser.add_argument("--value", type=number(-1e9), help="cdf, targets: the point to show")
    parser.add_argument("--log", action="store_true", help="lines: a logarithmic axis")
    parser.add_argument("--json", action="store_true", help="print the file's name as JSON")


def run(args: argparse.Namespace) -> None:
    if args.file == "-":
        name = "standard input"
        text = sys.stdin.read()
    else:
        name = Path(args.file).name
        text = read_text(Path(args.file))
    data = parse_json(text, name)
    if not isinstance(data, dict):
        raise ValueError(f"{name}: an object is needed")
    try:
        figure = FIGURES[args.figure](Source(data, ""), args)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    save(figure, args.out)
    print(json.dumps({"file": str(args.out)}) if args.json else args.out)
