"""The command line of the scheduling library: one module per command."""

import argparse
import os
import sys
from collections.abc import Sequence

from scheduler.cli import calibrate, compare, engine_bench, generate, plot, scale, simulate, sweep
from scheduler.cli.parser import Parser

COMMANDS = (generate, simulate, compare, sweep, plot, scale, engine_bench, calibrate)
PROGRAM = "python -m scheduler"


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Returns 2 with one sentence on the error stream for bad input."""
    try:
        args = _parser().parse_args(argv)
        args.run(args)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, OSError) as error:
        print(f"scheduler: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> Parser:
    parser = Parser(prog=PROGRAM, description="Simulate and measure the scheduling policies.")
    commands = parser.add_subparsers(required=True, metavar="command")
    for command in COMMANDS:
        name = command.__name__.rsplit(".", 1)[1].replace("_", "-")
        about = (command.__doc__ or "").splitlines()[0]
        sub = commands.add_parser(
            name,
            help=about,
            description=about,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(sub)
        example = getattr(command, "EXAMPLE", None)
        if example:
            sub.epilog = "\n\n".join(filter(None, (sub.epilog, f"example:\n  {PROGRAM} {example}")))
        sub.set_defaults(run=command.run)
    return parser
