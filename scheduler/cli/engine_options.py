"""The options that describe what serves the requests, shared by the commands that simulate."""

import argparse
import time

from scheduler.cli.parser import number, whole
from scheduler.sim import BATCHING, SETTINGS
from scheduler.sim.batching import DEFAULT_TOKEN_BUDGET
from scheduler.sim.cost_file import find_cost_model
from scheduler.sim.predictor import MODES, Predictor
from scheduler.sim.setup import Setup


def add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    group = parser.add_argument_group("engine")
    group.add_argument(
        "--setting", default="A100-4B", metavar="NAME|FILE",
        help=f"{', '.join(SETTINGS)}, or what `calibrate` wrote (default: %(default)s)",
    )  # fmt: skip
    group.add_argument("--engines", type=whole(1, 100_000), default=1, metavar="N",
                       help="how many behind the one queue")  # fmt: skip
    group.add_argument("--batching", choices=BATCHING, default=BATCHING[0],
                       help="how prompts and decoding share steps (%(default)s)")  # fmt: skip
    group.add_argument(
        "--token-budget", type=whole(1), default=DEFAULT_TOKEN_BUDGET, metavar="TOKENS",
        help="chunked: most tokens in a step (default: %(default)s)",
    )  # fmt: skip
    group.add_argument("--predictor-latency", type=number(0, 1e6), default=0.0, metavar="S",
                       help="seconds that predicting a batch of requests takes")  # fmt: skip
    group.add_argument("--predictor-batch", type=whole(1), default=1, metavar="N",
                       help="requests predicted at a time, at most")  # fmt: skip
    group.add_argument("--predictor-mode", choices=MODES, default=MODES[0],
                       help="delayed: only whole batches")  # fmt: skip
    group.add_argument("--decision-time", action="store_true",
                       help="measure each decision; differs from run to run")  # fmt: skip


def make_setup(args: argparse.Namespace) -> Setup:
    """What the options describe. Raises ValueError naming a wrong one."""
    predictor = Predictor(args.predictor_latency, args.predictor_batch, args.predictor_mode)
    return Setup(
        cost=find_cost_model(args.setting),
        num_engines=args.engines,
        batching=args.batching,
        token_budget=args.token_budget,
        predictor=predictor,
        clock=time.perf_counter if args.decision_time else None,
    )
