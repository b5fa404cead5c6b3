import pytest

from triage import broker
from triage.actions import classification, intake
from triage.models import Incident


@pytest.fixture
def no_tasks(monkeypatch):
    """Tasks are not sent; the test classifies by hand."""
    monkeypatch.setattr(broker, "send_classify", lambda _incident_id: True)


@pytest.fixture
def incident(dispatcher, no_tasks) -> Incident:
    """Received, not classified."""
    found, _ = intake.submit(intake.NewReport("my wrist hurts after a fall"), user=dispatcher)
    return found


@pytest.fixture
def classified(incident) -> Incident:
    """Classified by the rules alone, with a queued draft."""
    classification.classify_incident(incident.pk, None)
    incident.refresh_from_db()
    return incident
