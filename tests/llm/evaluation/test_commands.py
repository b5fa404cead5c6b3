"""The commands, with an engine that says what the test tells it."""

import json

import pytest
from django.core.management import CommandError, call_command

from tests.llm.fake_engine import FakeEngine
from triage.llm.engines import EngineError
from triage.llm.evaluation import command
from triage.llm.prompts import SECTIONS


@pytest.fixture
def messages(tmp_path):
    path = tmp_path / "m.jsonl"
    path.write_text('{"text": "my father, 70, scalded his arm"}\n{"text": "crushing chest pain"}\n')
    return path


def _copied(request):
    """The card in the prompt, all of it, as a draft."""
    card = request.messages[1]["content"].split("Message: <<")[0]
    return card.split("\n", 1)[1].rstrip()


@pytest.fixture(autouse=True)
def without_the_urgency_model(monkeypatch):
    for name in ("evaluate_drafts", "evaluate_lengths"):
        monkeypatch.setattr(f"triage.management.commands.{name}.urgency_model", lambda: None)


def _engine(monkeypatch, answer):
    engine = FakeEngine(answer)
    monkeypatch.setattr(command, "make_engine", lambda _env: engine)
    return engine


def test_drafts_are_judged(messages, monkeypatch, capsys):
    engine = _engine(monkeypatch, _copied)
    call_command("evaluate_drafts", messages, json=True, alone=1)
    found = json.loads(capsys.readouterr().out)
    assert (found["n"], found["model"]) == (2, "fake")
    assert found["format_complete"] == found["instructions_traceable"] == 1.0
    assert found["facts_right"] == 1.0
    assert found["drafts_alone"] == 1
    assert len(engine.requests) == 3
    assert all(request.continuation.startswith(SECTIONS[0]) for request in engine.requests)


def test_faulty_drafts_are_shown(messages, monkeypatch, capsys):
    _engine(monkeypatch, lambda _request: "Tell the caller:\n1. Rub butter in.")
    call_command("evaluate_drafts", messages, wrong=True, alone=0)
    out = capsys.readouterr().out
    assert out.count("not on the protocol card") == 2
    assert "my father, 70, scalded his arm" in out


def test_lengths_are_compared(messages, monkeypatch, capsys):
    _engine(monkeypatch, _copied)
    call_command("evaluate_lengths", messages, json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["n"] == 2
    assert {"table", "corrected", "scale", "tokens", "model"} <= set(found)


@pytest.mark.parametrize("name", ["evaluate_drafts", "evaluate_lengths"])
def test_a_missing_file_and_a_dead_engine_are_said_in_a_sentence(
    name, tmp_path, messages, monkeypatch
):
    with pytest.raises(CommandError, match=r"none\.jsonl"):
        call_command(name, tmp_path / "none.jsonl")

    async def refuse():
        raise EngineError("There is no model there.")

    engine = _engine(monkeypatch, _copied)
    monkeypatch.setattr(engine, "start", refuse)
    with pytest.raises(CommandError, match="no model there"):
        call_command(name, messages)
