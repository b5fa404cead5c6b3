"""How well the lengths of drafts are foretold, on a file of messages; see docs/drafts.md."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from triage.actions.lengths import length_predictor
from triage.config.env import BASE_DIR
from triage.config.settings import ENV
from triage.llm.engines import Engine
from triage.llm.evaluation import command, lengths, writing
from triage.tasks import urgency_model

UNSEEN = BASE_DIR / "training" / "draft" / "unseen.jsonl"


class Command(BaseCommand):
    help = "Predict the length of each message's draft, have the engine write it, compare."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        command.add_arguments(parser, default=UNSEEN)

    def handle(self, *args: Any, **options: Any) -> None:
        cases = command.read_cases(options, urgency_model())

        async def work(engine: Engine) -> list[int]:
            drafts = await writing.write_all(
                engine, cases, max_tokens=ENV.llm_max_tokens, at_once=ENV.llm_slots
            )
            return [draft.num_tokens for draft in drafts]

        written, model = command.with_engine(ENV, options, work)
        result = {"model": model, **lengths.figures(length_predictor(), cases, written)}
        if options["json"]:
            self.stdout.write(json.dumps(result))
        else:
            for name, value in result.items():
                self.stdout.write(f"{name:12} {value}")
