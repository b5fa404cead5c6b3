"""Figures of the drafts a real engine writes for a file of messages; see docs/drafts.md."""

import asyncio
import json
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from triage.config.settings import ENV
from triage.llm.engines import EngineError, make_engine
from triage.llm.evaluation import cases as reading
from triage.llm.evaluation import figures, writing
from triage.tasks import urgency_model


class Command(BaseCommand):
    help = "Have the engine write a draft for each message of a file (one JSON a line); figures."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="the whole result as JSON")
        parser.add_argument("--model", default="", help="another model than TRIAGE_LLM_MODEL")
        parser.add_argument("--limit", type=int, default=0, help="only the first so many messages")
        parser.add_argument("--alone", type=int, default=5, help="drafts to measure the speed with")
        parser.add_argument("--show", action="store_true", help="print the drafts")
        parser.add_argument("--wrong", action="store_true", help="print the drafts with faults")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = reading.read_rows(options["file"])
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        cases = reading.prepare(rows[: options["limit"] or None], urgency_model())
        env = replace(ENV, llm_model=options["model"]) if options["model"] else ENV
        try:
            drafts, alone, model = asyncio.run(_write(cases, env, options["alone"]))
        except EngineError as error:
            raise CommandError(error.reason) from error
        self._print_drafts(cases, drafts, options)
        result = {"model": model, **figures.figures(cases, drafts)}
        if alone:
            result |= figures.speed(alone)
        if options["json"]:
            self.stdout.write(json.dumps(result))
        else:
            for name, value in result.items():
                self.stdout.write(f"{name:24} {value}")

    def _print_drafts(self, cases: Any, drafts: Any, options: dict[str, Any]) -> None:
        for case, draft in zip(cases, drafts, strict=True):
            flags = [flag.reason for flag in figures.check(draft.text, case.grounds)]
            wrong = figures.wrong_facts(case, draft)
            if options["show"] or (options["wrong"] and (flags or wrong)):
                self.stdout.write(f"--- {case.id}: {case.grounds.message}")
                self.stdout.write(f"{draft.text}\n>>> {flags} {wrong}\n")


async def _write(cases: Any, env: Any, num_alone: int) -> tuple[Any, Any, str]:
    engine = make_engine(env)
    try:
        await engine.start()
        limit = env.llm_max_tokens
        alone = await writing.write_alone(engine, cases[:num_alone], max_tokens=limit)
        drafts = await writing.write_all(engine, cases, max_tokens=limit, at_once=env.llm_slots)
        return drafts, alone, engine.model
    finally:
        await engine.stop()
