import pytest
from channels.db import database_sync_to_async

from triage import broker
from triage.actions import classification, drafts, intake
from triage.models import Assessment, Draft, Incident


class OneConnection:
    """The worker's Database, on the test's own connection."""

    async def run(self, action, *args, **kwargs):
        return await database_sync_to_async(action)(*args, **kwargs)

    insist = run


@pytest.fixture
def database() -> OneConnection:
    return OneConnection()


@pytest.fixture
def burnt(dispatcher, monkeypatch, settings) -> Incident:
    """A classified incident with a queued draft, at level 3."""
    monkeypatch.setattr(broker, "send_classify", lambda _incident_id: True)
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    report = intake.NewReport(
        "my father scalded his arm in the kitchen", 70, "male", "14 Mill Lane"
    )
    incident, _ = intake.submit(report, user=dispatcher)
    classification.classify_incident(incident.pk, None)
    Incident.objects.filter(pk=incident.pk).update(urgency=3, complaint="burn")
    Assessment.objects.filter(incident=incident).update(
        urgency=3, voices=[{"name": "model", "level": 3, "reason": "r", "evidence": []}]
    )
    Draft.objects.filter(incident=incident).update(urgency=3)
    incident.refresh_from_db()
    return incident


@pytest.fixture
def claimed(burnt) -> Draft:
    """The same incident's draft in the hands of the worker "w"."""
    (draft,) = drafts.claim("w", 1)
    return draft
