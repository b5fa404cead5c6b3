"""Figures of the drafts a real engine writes for a file of messages; see docs/drafts.md."""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand

from triage.config.settings import ENV
from triage.llm.engines import Engine
from triage.llm.evaluation import command, figures, writing
from triage.llm.evaluation.cases import Case
from triage.llm.evaluation.writing import Written
from triage.tasks import urgency_model


class Command(BaseCommand):
    help = "Have the engine write a draft for each message of a file; print how good they are."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        command.add_arguments(parser)
        parser.add_argument("--alone", type=int, default=5, help="drafts to measure the speed with")
        parser.add_argument("--show", action="store_true", help="print the drafts")
        parser.add_argument("--wrong", action="store_true", help="print the drafts with faults")

    def handle(self, *args: Any, **options: Any) -> None:
        cases = command.read_cases(options, urgency_model())

        async def work(engine: Engine) -> tuple[list[Written], list[Written]]:
            limit = ENV.llm_max_tokens
            alone = cases[: options["alone"]]
            return (
                await writing.write_alone(engine, alone, max_tokens=limit),
                await writing.write_all(engine, cases, max_tokens=limit, at_once=ENV.llm_slots),
            )

        (alone, drafts), model = command.with_engine(ENV, options, work)
        self._print_drafts(cases, drafts, options)
        result = {"model": model, **figures.figures(cases, drafts)}
        if alone:
            result |= figures.speed(alone)
        if options["json"]:
            self.stdout.write(json.dumps(result))
        else:
            for name, value in result.items():
                self.stdout.write(f"{name:24} {value}")

    def _print_drafts(
        self, cases: Sequence[Case], drafts: Sequence[Written], options: dict[str, Any]
    ) -> None:
        for case, draft in zip(cases, drafts, strict=True):
            flags = [flag.reason for flag in figures.check(draft.text, case.grounds)]
            wrong = figures.wrong_facts(case, draft)
            if options["show"] or (options["wrong"] and (flags or wrong)):
                self.stdout.write(f"--- {case.id}: {case.grounds.message}")
                self.stdout.write(f"{draft.text}\n>>> {flags} {wrong}\n")
