"""The shared fixtures are what their names say."""

from triage.models import Source, User
from triage.models.source import digest_of


def test_the_three_roles_differ_in_what_they_may_do(
    dispatcher: User, administrator: User, observer: User
) -> None:
    assert dispatcher.has_perm("triage.override_urgency")
    assert not observer.has_perm("triage.override_urgency")
    assert administrator.is_staff and administrator.has_perm("triage.add_priorityrule")


def test_the_source_has_a_usable_token(source: Source, source_token: str) -> None:
    token = source.tokens.get(digest=digest_of(source_token))
    assert token.usable
