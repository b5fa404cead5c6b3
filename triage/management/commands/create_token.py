"""`manage.py create_token SOURCE`: a new token for an intake system, shown once."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.text import slugify

from triage.actions import log
from triage.models import ApiToken, Source


class Command(BaseCommand):
    help = "Create a token for a source (and the source, if it is new); printed once."

    def add_arguments(self, parser) -> None:
        parser.add_argument("source", help="the source's slug, for example city-call-centre")
        parser.add_argument("--label", default="", help="what the token is for")

    def handle(self, *args, **options) -> None:
        slug = options["source"]
        if slug != slugify(slug):
            raise CommandError("A source's slug is lower-case letters, digits and hyphens.")
        source, _created = Source.objects.get_or_create(slug=slug, defaults={"name": slug})
        token = ApiToken(source=source, label=options["label"])
        secret = token.set_secret()
        token.save()
        log.record("token_created", source=slug, prefix=token.prefix)
        self.stdout.write(secret)
