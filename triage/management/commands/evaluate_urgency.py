"""Figures of the urgency decision on a labelled file; see docs/models.md."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from triage.classify import evaluate


class Command(BaseCommand):
    help = "Figures of the urgency decision for a file of labelled messages (one JSON a line)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--json", action="store_true", help="the whole result as JSON")
        parser.add_argument("--wrong", action="store_true", help="list the cases that went wrong")

    def handle(self, *args: Any, **options: Any) -> None:
        argv = [options["file"]]
        argv += [f"--{name}" for name in ("json", "wrong") if options[name]]
        sys.exit(evaluate.main(argv))
