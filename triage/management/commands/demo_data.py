"""`manage.py demo_data`: users of each role, sample rules, a source with a known token."""

from django.core.management.base import BaseCommand, CommandError

from triage.config.settings import ENV
from triage.demo import data
from triage.errors import TriageError


class Command(BaseCommand):
    help = "Make the demo's users, rules, source and token (safe to repeat)."

    def handle(self, *args, **options) -> None:
        try:
            data.create(production=ENV.production)
        except TriageError as error:
            raise CommandError(error.detail) from error
        if not options["verbosity"]:
            return
        for login in data.LOGINS:
            self.stdout.write(f"{login.role:14} {login.username} / {login.password}")
        self.stdout.write(f"{'API token':14} {data.DEMO_TOKEN}")
