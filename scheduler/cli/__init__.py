"""The command line of the scheduling library: one module per command."""

import argparse
import sys
from collections.abc import Sequence

from scheduler.cli import calibrate, compare, engine_bench, generate, scale

COMMANDS = (generate, compare, scale, engine_bench, calibrate)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Returns 2 with one sentence on the error stream for bad input."""
    parser = argparse.ArgumentParser(
        prog="python -m scheduler", description="Simulate and measure the scheduling policies."
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    for command in COMMANDS:
        name = command.__name__.rsplit(".", 1)[1].replace("_", "-")
        about = (command.__doc__ or "").splitlines()[0]
        sub = commands.add_parser(name, help=about, description=about)
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    args = parser.parse_args(argv)
    try:
        args.run(args)
    except (ValueError, OSError) as error:
        print(f"scheduler: {error}", file=sys.stderr)
        return 2
    return 0
