"""The engine's opinion on the urgency, by a fake engine: the logic around it."""

import asyncio
import json

import pytest

from tests.llm.fake_engine import FakeEngine
from triage.actions import voices
from triage.llm.engines import EngineDead, EngineError
from triage.llm.worker.listener import AT_ONCE, Listener
from triage.models import Assessment, Incident

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


def _says(level):
    answer = {"level": level, "complaint": "burn", "evidence": ["arm"], "reason": "large"}
    return FakeEngine(lambda _request: json.dumps(answer))


async def _listen(engine, database) -> list[EngineDead]:
    deaths: list[EngineDead] = []
    listener = Listener(engine, database, deaths.append)
    await listener.step()
    await asyncio.gather(*listener._asking)
    await listener.close()
    return deaths


async def test_a_more_urgent_opinion_raises_the_incident_and_its_running_draft(claimed, database):
    engine = _says(1)
    await _listen(engine, database)
    incident = await database.run(Incident.objects.get, pk=claimed.incident_id)
    await database.run(claimed.refresh_from_db)
    assert (incident.urgency, claimed.urgency, claimed.status) == (1, 1, "running")
    (request,) = engine.requests
    assert request.json_schema is not None
    assessment = await database.run(Assessment.objects.get, incident=incident, in_force=True)
    assert assessment.voices[-1]["name"] == "llm"
    assert assessment.voices[-1]["evidence"][0]["text"] == "arm"


async def test_a_calmer_opinion_changes_nothing(claimed, database):
    await _listen(_says(4), database)
    incident = await database.run(Incident.objects.get, pk=claimed.incident_id)
    assert incident.urgency == 3


async def test_an_unreadable_answer_is_noted_and_not_asked_for_again(burnt, database):
    engine = FakeEngine(lambda _request: "I think that ")
    await _listen(engine, database)
    await _listen(engine, database)
    assert len(engine.requests) == 1
    assessment = await database.run(Assessment.objects.get, incident=burnt, in_force=True)
    assert assessment.voices[-1]["reason"] == "gave no readable answer"
    assert assessment.voices[-1]["level"] is None


async def test_a_dead_engine_is_reported_and_the_incident_asked_about_later(
    burnt, database, monkeypatch
):
    def die(_request):
        raise EngineDead("gone")

    assert [str(error) for error in await _listen(FakeEngine(die), database)] == ["gone"]
    monkeypatch.setattr(voices, "ASK_AGAIN_S", -1.0)
    await _listen(_says(0), database)
    incident = await database.run(Incident.objects.get, pk=burnt.pk)
    assert incident.urgency == 0


async def test_a_refusal_moves_nothing(burnt, database):
    def refuse(_request):
        raise EngineError("no", permanent=False)

    assert await _listen(FakeEngine(refuse), database) == []
    incident = await database.run(Incident.objects.get, pk=burnt.pk)
    assert incident.urgency == 3


async def test_only_a_few_are_asked_about_at_once(burnt, database, monkeypatch):
    asked = []
    monkeypatch.setattr(voices, "claim_unheard", lambda limit: asked.append(limit) or [])
    await _listen(_says(1), database)
    assert asked == [AT_ONCE]
