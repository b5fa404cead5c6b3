"""Measure the policies on the real vLLM engine, stock ones beside ours."""

import argparse
import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from scheduler.cli.parser import LENGTHS_SYNTAX, lengths
from scheduler.engine.bench import Plan, run_bench
from scheduler.engine.client import STOCK_POLICIES
from scheduler.engine.draw import DEFAULT_SHAPE, mispredict
from scheduler.engine.model import find_model
from scheduler.policies import get_policy
from scheduler.sim.workload import read_workload

DEFAULT_POLICIES = "fcfs,priority,semantic,semantic-plus"
_DRAWN = {name: getattr(DEFAULT_SHAPE, name) for name in ("prompt_tokens", "output_tokens")}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "fcfs and priority are vLLM's own schedulers, unchanged. Takes some minutes; progress "
        "goes to the error stream."
    )
    parser.add_argument("--policies", default=DEFAULT_POLICIES, help="names, by comma")
    parser.add_argument("--model", type=Path, help="model folder (default: the bundled one)")
    parser.add_argument("--workload", type=Path, metavar="FILE", help="replay this file")
    parser.add_argument("--slots", type=int, help="running requests at most (default 8)")
    parser.add_argument("--requests", type=int, default=300, help="how many to draw")
    for name, default in _DRAWN.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=lengths, metavar="LENGTHS",
            help=f"{LENGTHS_SYNTAX} (default: {default})",
        )  # fmt: skip
    parser.add_argument("--overload", type=float, default=1.2, help="arrival rate over capacity")
    parser.add_argument("--rate", type=float, help="arrivals a second, instead of calibrating")
    parser.add_argument(
        "--length-error", type=float, metavar="SIGMA",
        help="of the predicted lengths: log(predicted / true) has this standard deviation "
        f"(default {DEFAULT_SHAPE.length_error}, or what the workload file predicts)",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="of the first repeat")
    parser.add_argument("--repeats", type=int, default=3, help="medians over these are shown")
    parser.add_argument(
        "--one-at-a-time", action="store_true", help="engines in turn, for large models"
    )
    parser.add_argument(
        "--resume", type=Path, metavar="FILE",
        help="keep finished runs here, and measure only those that are missing",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> None:
    result = asyncio.run(run_bench(_plan(args), _say))
    if args.json:
        print(json.dumps(result))
    else:
        _show(result)


def _plan(args: argparse.Namespace) -> Plan:
    names = [name for name in args.policies.split(",") if name]
    if not names:
        raise ValueError("policies: at least one name is needed")
    for name in names:
        if name not in STOCK_POLICIES:
            get_policy(name)
    for name in ("requests", "repeats", "slots"):
        value = getattr(args, name)
        if value is not None and value < 1:
            raise ValueError(f"{name}: a whole number above 0 is needed")
    for name in ("overload", "rate"):
        value = getattr(args, name)
        if value is not None and not 0 < value < 1e6:
            raise ValueError(f"{name}: a number above 0 is needed")
    workload = read_workload(args.workload) if args.workload else None
    if workload is not None and not workload.requests:
        raise ValueError(f"{args.workload.name}: requests: at least one is needed")
    if args.length_error is not None and not 0 <= args.length_error <= 3:
        raise ValueError("length-error: a number from 0 to 3 is needed")
    requests = workload.requests if workload else None
    if requests and args.length_error is not None:
        requests = mispredict(requests, args.seed, args.length_error)
    given: dict[str, Any] = {
        name: text for name in _DRAWN if (text := getattr(args, name)) is not None
    }
    if requests and given:
        option = next(iter(given)).replace("_", "-")
        raise ValueError(f"{option}: a workload file has its own lengths; leave one of them out")
    if args.length_error is not None:
        given["length_error"] = args.length_error
    return Plan(
        model=find_model(args.model),
        policies=names,
        slots=args.slots or (workload.slots if workload else 8),
        seed=args.seed,
        repeats=args.repeats,
        count=args.requests,
        overload=args.overload,
        rate_per_s=args.rate,
        shape=replace(DEFAULT_SHAPE, **given),
        requests=requests,
        workload=args.workload.name if args.workload else "",
        one_at_a_time=args.one_at_a_time,
        resume=args.resume,
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _show(result: dict[str, Any]) -> None:
    setup, idle_ms = result["setup"], 1000 * result["idle"]["ttft_s"]["p99"]
    rate = f"{setup['rate_per_s']:.2f} a second, " if "rate_per_s" in setup else ""
    print(f"{setup['model']}, {setup['slots']} slots, {setup['requests']} requests, {rate}"
          f"medians of {setup['repeats']} runs")  # fmt: skip
    print(f"first token on an idle engine: p99 {idle_ms:.0f} ms\n")
    title = "first token by level 0 .. 4: mean (p99), s"
    print(f"{'policy':14} {title:80} {'in system':>9} {'tok/s':>6} {'preempted':>9}")
    for name, found in result["policies"].items():
        levels = "  ".join(
            f"{level['mean']:6.3f} ({level['p99']:6.3f})" for level in found["ttft_s"].values()
        )
        print(f"{name:14} {levels:80} {found['time_in_system_s']['mean']:9.2f} "
              f"{found['tokens_per_s']:6.0f} {found['preemptions']:9.0f}")  # fmt: skip
