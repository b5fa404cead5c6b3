"""The websocket: rights at every step, snapshots, offsets, and a logout that ends it."""

import json

import pytest
from channels.db import database_sync_to_async
from django.test import Client

from tests.console.communicator import WebsocketCommunicator
from triage import broker, live
from triage.actions import classification, drafts, intake
from triage.console import consumers
from triage.models import Incident

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture(autouse=True)
def quiet(monkeypatch, settings):
    monkeypatch.setattr(broker, "send_classify", lambda _incident_id: True)
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


def _connect(client: Client | None = None, token: str = "", origin: bytes | None = None):
    from triage.config.asgi import application

    headers = []
    if client is not None:
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        headers = [(b"cookie", cookies.encode()), (b"origin", origin or b"http://localhost")]
    if token:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    return WebsocketCommunicator(application, "/ws/", headers=headers)


async def _until(socket, kind):
    while True:
        event = json.loads(await socket.receive_from())
        if event["type"] == kind:
            return event


@pytest.fixture
def logged_in(dispatcher):
    client = Client()
    client.force_login(dispatcher)
    return client


@pytest.fixture
def incident(dispatcher) -> Incident:
    found, _ = intake.submit(intake.NewReport("he is not breathing"), user=dispatcher)
    return found


async def test_it_greets_and_sends_the_board(logged_in, incident):
    import asyncio

    live.bind_loop(asyncio.get_running_loop())
    socket = _connect(logged_in)
    await socket.connect()
    hello = await _until(socket, "hello")
    assert hello["protocol"] == consumers.PROTOCOL
    await socket.send_json_to({"type": "subscribe.board"})
    board = await _until(socket, "board.snapshot")
    assert [row["id"] for row in board["incidents"]] == [str(incident.pk)]
    assert board["system"]["engine"] == "down"
    await database_sync_to_async(classification.classify_incident)(incident.pk, None)
    changed = await _until(socket, "incident.changed")
    assert changed["incident"]["urgency"] == 0
    await socket.disconnect()


async def test_a_draft_grows_by_offsets_and_can_be_had_whole(logged_in, incident):
    import asyncio

    live.bind_loop(asyncio.get_running_loop())
    await database_sync_to_async(classification.classify_incident)(incident.pk, None)
    draft = (await database_sync_to_async(drafts.claim)("w", 1))[0]
    socket = _connect(logged_in)
    await socket.connect()
    await socket.send_json_to({"type": "subscribe.incident", "incident_id": str(incident.pk)})
    await _until(socket, "draft.snapshot")
    append = database_sync_to_async(drafts.append_text)
    await append(draft, "w", 0, "Grüße ", 1)
    await append(draft, "w", 6, "🚑", 2)
    first, second = await _until(socket, "draft.delta"), await _until(socket, "draft.delta")
    assert (first["offset"], first["text"]) == (0, "Grüße ")
    assert (second["offset"], second["text"]) == (6, "🚑")
    await database_sync_to_async(drafts.finish)(draft, "w", flags=[], num_preemptions=0)
    final = await _until(socket, "draft.final")
    assert (final["length"], final["status"]) == (7, "done")
    await socket.send_json_to({"type": "resync", "incident_id": str(incident.pk)})
    whole = await _until(socket, "draft.snapshot")
    assert (whole["text"], whole["sha256"]) == ("Grüße 🚑", final["sha256"])
    await socket.disconnect()


@pytest.mark.parametrize("message", ["", "{", "[]", '{"type": "x"}', '{"type": 3}', "null"])
async def test_nonsense_gets_an_error_and_the_socket_lives(logged_in, message):
    socket = _connect(logged_in)
    await socket.connect()
    await _until(socket, "hello")
    await socket.send_to(text_data=message or " ")
    assert "type" in (await _until(socket, "error"))["detail"]
    await socket.send_json_to({"type": "ping"})
    await _until(socket, "pong")
    await socket.disconnect()


async def _close_code(socket):
    await socket.connect()
    while True:
        output = await socket.receive_output(timeout=5)
        if output["type"] == "websocket.close":
            return output["code"]


async def test_strangers_and_wrong_tokens_are_refused(db):
    assert await _close_code(_connect(Client())) == consumers.NOT_LOGGED_IN
    assert await _close_code(_connect(token="st_wrong")) == consumers.NOT_LOGGED_IN


async def test_a_user_without_rights_is_refused(django_user_model):
    user = await database_sync_to_async(django_user_model.objects.create_user)("nobody")
    client = Client()
    await database_sync_to_async(client.force_login)(user)
    assert await _close_code(_connect(client)) == consumers.FORBIDDEN


async def test_a_foreign_origin_is_refused(logged_in):
    socket = _connect(logged_in, origin=b"http://evil.example")
    connected, _code = await socket.connect()
    assert not connected


async def test_a_source_does_not_see_other_peoples_incidents(source_token, incident):
    socket = _connect(token=source_token)
    await socket.connect()
    await socket.send_json_to({"type": "subscribe.incident", "incident_id": str(incident.pk)})
    assert "not yours" in (await _until(socket, "error"))["detail"]
    await socket.send_json_to({"type": "subscribe.board"})
    event = await _until(socket, "system.changed")
    assert "incidents" not in event
    await socket.disconnect()


async def test_a_logout_closes_the_socket(logged_in, monkeypatch):
    monkeypatch.setattr(consumers, "HEARTBEAT_S", 0.1)
    socket = _connect(logged_in)
    await socket.connect()
    await _until(socket, "heartbeat")
    await database_sync_to_async(logged_in.logout)()
    while (output := await socket.receive_output(timeout=5))["type"] != "websocket.close":
        pass
    assert output["code"] == consumers.NOT_LOGGED_IN
