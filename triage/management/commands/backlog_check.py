"""`manage.py backlog_check`: does an immediate incident pass a backlog of calm ones?"""

import json
import os
import sys

from django.core.management.base import BaseCommand

from triage.demo.data import DEMO_TOKEN
from triage.management.commands.smoke import reach
from triage.smoke import run

LIMIT_S = 2.0


class Command(BaseCommand):
    help = "40 calm drafts, then one immediate incident: its first text within two seconds."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--base-url", default=os.environ.get("BASE_URL", "http://127.0.0.1:8000")
        )
        parser.add_argument("--token", default=os.environ.get("SMOKE_TOKEN", DEMO_TOKEN))
        parser.add_argument("--count", type=int, default=40)
        parser.add_argument("--timeout", type=float, default=120.0, help="seconds")

    def handle(self, *args, **options) -> None:
        result = reach(
            options["base_url"],
            run.backlog(
                options["base_url"], options["token"], options["count"], options["timeout"]
            ),
        )
        result["preempted"] = result["slot_preemptions_after"] > result["slot_preemptions_before"]
        self.stdout.write(json.dumps(result))
        if result["ttft_s"] >= LIMIT_S or not result["preempted"] or result["urgency"] != 0:
            sys.exit(1)
