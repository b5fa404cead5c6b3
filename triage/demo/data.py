"""The demo's users, source and rules."""

from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db import transaction

from triage.errors import Conflict
from triage.models import ApiToken, PriorityRule, Source, User

DEMO_TOKEN = "st_demo_intake_token_for_local_use_only"
SOURCE_SLUG = "demo-intake"


@dataclass(frozen=True, slots=True)
class Login:
    """A demo user: the role is a group, the password is public."""

    username: str
    password: str
    role: str


LOGINS = (
    Login("dispatcher", "dispatcher-demo", "dispatcher"),
    Login("admin", "admin-demo", "administrator"),
    Login("observer", "observer-demo", "observer"),
)
RULES = (
    {
        "name": "Infant with fever",
        "order": 10,
        "words": "fever\ntemperature\nhot\nfebrile",
        "max_age": 0.25,
        "action": "at_least",
        "level": 1,
        "reason": "Fever in a baby under three months is dangerous.",
    },
    {
        "name": "Anticoagulated fall",
        "order": 20,
        "pattern": r"(fell|fall|head).*(warfarin|apixaban|blood thinner)"
        r"|(warfarin|apixaban|blood thinner).*(fell|fall|head)",
        "action": "at_least",
        "level": 1,
        "reason": "Bleeding after a fall on blood thinners.",
    },
    {
        "name": "Frail and on the floor",
        "order": 30,
        "words": "fell\nfall\non the floor",
        "min_age": 75,
        "action": "at_least",
        "level": 2,
        "reason": "A long lie harms an old person.",
    },
    {
        "name": "Hazardous material",
        "order": 40,
        "words": "chlorine\nammonia\nchemical spill\ngas leak",
        "action": "tag",
        "tag": "hazmat",
        "reason": "Crews need protection.",
    },
)


@transaction.atomic
def create(*, production: bool) -> None:
    """Make the demo data; what exists already stays. Raises Conflict in production."""
    if production:
        raise Conflict("Demo data has public passwords; it is not made in production.")
    for login in LOGINS:
        user, created = User.objects.get_or_create(
            username=login.username, defaults={"is_staff": login.role == "administrator"}
        )
        if created:
            user.set_password(login.password)
            user.save()
            user.groups.add(Group.objects.get(name=login.role))
    source, _created = Source.objects.get_or_create(
        slug=SOURCE_SLUG, defaults={"name": "Demo intake"}
    )
    if not source.tokens.exists():
        token = ApiToken(source=source, label="demo")
        token.set_secret(DEMO_TOKEN)
        token.save()
    for values in RULES:
        PriorityRule.objects.get_or_create(name=values["name"], defaults=values)
