"""One draft from the engine to the row: opened by the program, checked while it grows."""

import asyncio

import pytest
from channels.layers import get_channel_layer

from tests.llm.fake_engine import FakeEngine
from training.draft.examples import NUM_TOLD
from triage import live
from triage.llm.cards import load_cards
from triage.llm.engines import PromptTooLong
from triage.llm.worker.flusher import Flusher
from triage.llm.worker.prepare import SHORTEST_BYTES
from triage.llm.worker.writer import Running, Writer
from triage.models import Draft, Incident

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]

CARD = load_cards()["burn"]
SUMMARY = "Summary: Level 3, less urgent: Burn or scald, father, male, 70 years, at 14 Mill Lane.\n"


def _rest(*extra: str) -> str:
    told = [*extra, *CARD.tell_caller[: NUM_TOLD[3]]]
    return "\n".join(
        [
            "Tell the caller:",
            *(f"{number}. {line}" for number, line in enumerate(told, 1)),
            "Ask next:",
            f"- {CARD.ask_next[0]}",
            f"Send: {CARD.response}",
            "Raise the level if:",
            f"- {CARD.escalate_if[0]}",
        ]
    )


async def _write(engine, database, draft) -> Running:
    live.bind_loop(asyncio.get_running_loop())
    flusher = Flusher(database, "w", 0.01, lambda _stream: None)
    running = Running(draft, flusher.open(draft), draft.urgency)
    flushing = asyncio.create_task(flusher.run())
    try:
        await Writer(engine, database, flusher, "w", 320).write(running)
    finally:
        flushing.cancel()
    await database.run(draft.refresh_from_db)
    return running


async def test_the_program_writes_the_summary_and_the_model_goes_on(claimed, database):
    engine = FakeEngine(lambda _request: _rest())
    await _write(engine, database, claimed)
    assert claimed.status == "done"
    assert claimed.text == SUMMARY + _rest()
    assert claimed.flags == []
    assert engine.requests[0].continuation == SUMMARY
    assert claimed.card_slug == "burn"


async def test_a_draft_that_goes_on_is_not_opened_again(claimed, database):
    begun = SUMMARY + "Tell the caller:\n"
    await database.run(Draft.objects.filter(pk=claimed.pk).update, text=begun, card_slug="burn")
    await database.run(claimed.refresh_from_db)
    engine = FakeEngine(lambda _request: _rest().removeprefix("Tell the caller:\n"))
    await _write(engine, database, claimed)
    assert claimed.text == SUMMARY + _rest()
    assert engine.requests[0].continuation == begun


async def test_a_doubtful_sentence_is_shown_as_such_while_the_draft_grows(claimed, database):
    layer = get_channel_layer()
    await layer.group_add(live.incident_group(claimed.incident_id), "reader")
    bad = "Rub butter into the wound."
    await _write(FakeEngine(lambda _request: _rest(bad)), database, claimed)
    await asyncio.sleep(0.1)  # hints are sent from tasks of their own
    events = []
    while True:
        try:
            events.append(await asyncio.wait_for(layer.receive("reader"), 0.2))
        except TimeoutError:
            break
    told = [event for event in events if event["type"] == "draft.delta" and event.get("flags")]
    assert told, "no delta carried the flag"
    (flag,) = told[0]["flags"]
    assert flag["reason"] == "not on the protocol card"
    assert flag["text"] == f"1. {bad}"
    final = next(event for event in events if event["type"] == "draft.final")
    assert [flag["text"] for flag in final["flags"]] == [f"1. {bad}"]
    assert claimed.flags == final["flags"]
    assert claimed.text[flag["start"] : flag["end"]] == f"1. {bad}"


async def test_what_does_not_fit_loses_the_middle_of_the_message_and_nothing_else(
    claimed, database
):
    message = "My father burnt his arm. " + "And then this. " * 90 + "His hand is black."
    await database.run(Incident.objects.filter(pk=claimed.incident_id).update, message=message)
    await database.run(claimed.incident.refresh_from_db)

    def answer(request):
        content = request.messages[1]["content"]
        if len(content) > 1_200:
            raise PromptTooLong("too long")
        return _rest()

    engine = FakeEngine(answer)
    await _write(engine, database, claimed)
    content = engine.requests[-1].messages[1]["content"]
    assert claimed.status == "done"
    assert len(engine.requests) > 2
    assert all(line in content for line in CARD.tell_caller)
    assert "His hand is black.>>" in content
    assert "Message: <<My father burnt" in content
    assert content.endswith("Place: 14 Mill Lane")


async def test_what_never_fits_fails_with_its_reason(claimed, database):
    def answer(_request):
        raise PromptTooLong("This model reads nothing.")

    engine = FakeEngine(answer)
    await _write(engine, database, claimed)
    assert claimed.failure == "This model reads nothing."
    assert len(engine.requests) < 1_200 // SHORTEST_BYTES + 10
