"""One contract for both engines: vLLM in our charge, and a real vLLM server over HTTP."""

import asyncio
import json
import sys
from pathlib import Path

import httpx
import pytest

from tests.services.environment import ROOT, clean_environ
from tests.services.loops import own_loop
from tests.services.processes import ServerProcess, free_port
from triage.llm import voice
from triage.llm.cards import load_cards
from triage.llm.engines.base import GenerationRequest
from triage.llm.engines.errors import EngineDead, EngineError, PromptTooLong
from triage.llm.engines.openai_engine import OpenAIEngine
from triage.llm.engines.vllm_engine import STRUCTURED_OUTPUTS
from triage.llm.prompts import build_messages

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]
MODEL = ROOT / "weights" / "draft"
SLOTS = 2


@pytest.fixture(scope="module")
def loop():
    with own_loop() as loop:
        yield loop


def _start_vllm(loop, tmp_path: Path):
    from triage.llm.engines.vllm_engine import VllmEngine

    engine = VllmEngine(model=str(MODEL), var_dir=tmp_path, num_slots=SLOTS, kv_cache_gb=0.25)
    loop.run_until_complete(engine.start())
    return engine


def _start_server(loop, tmp_path: Path):
    port = free_port()
    process = ServerProcess(
        [
            sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(MODEL),
            "--served-model-name", "draft", "--dtype", "float32", "--enforce-eager",
            "--max-model-len", "1024", "--max-num-seqs", str(SLOTS), "--port", str(port),
            "--host", "127.0.0.1", "--kv-cache-memory-bytes", str(2**28),
            "--scheduler-cls", "scheduler.vllm_plugin.SemanticScheduler",
            "--structured-outputs-config", json.dumps(STRUCTURED_OUTPUTS),
        ],
        tmp_path / "server.log",
        env={
            **clean_environ(), "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1",
            "PYTHONPATH": str(ROOT),
        },
        cwd=ROOT,
    )  # fmt: skip

    def answers() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/v1/models", timeout=2).is_success
        except httpx.HTTPError:
            return False

    process.wait_until(answers, 150, "vllm server")
    engine = OpenAIEngine(base_url=f"http://127.0.0.1:{port}/v1", model="not-that-name")
    loop.run_until_complete(engine.start())
    return engine, process


@pytest.fixture(scope="module", params=["vllm", "openai"])
def engine(request, loop, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    process = None
    if request.param == "vllm":
        engine = _start_vllm(loop, folder)
    else:
        engine, process = _start_server(loop, folder)
    yield engine
    loop.run_until_complete(engine.stop())
    if process is not None:
        process.stop()


def _request(name: str, **values) -> GenerationRequest:
    messages = build_messages(
        message="my father has burnt his hand", urgency=2, card=load_cards()["burn"]
    )
    defaults = {"job_id": name, "messages": messages, "urgency": 2, "max_tokens": 220}
    return GenerationRequest(**{**defaults, **values})


async def _collect(engine, request) -> tuple[str, int, str | None]:
    text, tokens, reason = "", 0, None
    async for delta in engine.generate(request):
        text += delta.text
        tokens += delta.num_tokens
        reason = delta.finish_reason or reason
    return text, tokens, reason


def test_it_is_healthy_and_names_its_model(engine, loop):
    assert loop.run_until_complete(engine.healthy())
    assert engine.model == "draft"


def test_it_streams_a_draft_to_its_end(engine, loop):
    text, tokens, reason = loop.run_until_complete(_collect(engine, _request("a")))
    assert text.startswith("Summary:")
    assert "Tell the caller:" in text
    assert reason == "stop"
    assert len(text) / 12 < tokens < len(text)


def test_it_goes_on_from_what_is_written(engine, loop):
    whole, _, _ = loop.run_until_complete(_collect(engine, _request("b")))
    half = whole[: whole.index("Ask next:")]
    rest, _, _ = loop.run_until_complete(_collect(engine, _request("b2", continuation=half)))
    assert half + rest == whole


def test_a_schema_holds_the_answer(engine, loop):
    """Valid by guided decoding, whatever the model is worth."""
    messages = voice.build_messages("he is grey and sweating, 58M")
    request = _request(
        "voice", messages=messages, json_schema=voice.schema(), max_tokens=voice.MAX_TOKENS
    )
    text, _, reason = loop.run_until_complete(_collect(engine, request))
    assert reason == "stop", text
    assert 0 <= voice.read(text, "he is grey and sweating, 58M").level <= 4


def test_it_stops_at_the_limit(engine, loop):
    _, tokens, reason = loop.run_until_complete(_collect(engine, _request("c", max_tokens=7)))
    assert (tokens, reason) == (7, "length")


def test_a_prompt_that_does_not_fit_is_told_apart(engine, loop):
    long = [{"role": "user", "content": "word and another " * 3000}]
    with pytest.raises(PromptTooLong):
        loop.run_until_complete(_collect(engine, _request("d", messages=long)))


def test_an_urgent_one_passes_a_full_house(engine, loop):
    async def scenario():
        order = []

        async def run(name, urgency, delay_s):
            await asyncio.sleep(delay_s)
            await _collect(engine, _request(name, urgency=urgency))
            order.append(name)

        calm = [run(f"calm-{number}", 4, 0) for number in range(6)]
        await asyncio.gather(*calm, run("urgent", 0, 0.25))
        return order

    order = loop.run_until_complete(scenario())
    assert order.index("urgent") <= SLOTS, order


def test_a_retriaged_one_overtakes(engine, loop):
    async def scenario():
        order = []

        async def run(name):
            await _collect(engine, _request(name, urgency=4))
            order.append(name)

        tasks = [asyncio.create_task(run(f"equal-{number}")) for number in range(6)]
        await asyncio.sleep(0.15)
        await engine.retriage("equal-5", 0, 100)
        await engine.retriage("nobody", 0, 100)
        await asyncio.gather(*tasks)
        return order

    order = loop.run_until_complete(scenario())
    assert order.index("equal-5") <= SLOTS, order


def test_a_closed_stream_frees_its_slot(engine, loop):
    async def scenario():
        for number in range(2 * SLOTS):
            stream = engine.generate(_request(f"closed-{number}", urgency=0))
            await anext(stream)
            await stream.aclose()
        return await asyncio.wait_for(_collect(engine, _request("after", urgency=4)), 30)

    assert loop.run_until_complete(scenario())[2] == "stop"


def test_a_server_that_is_away_is_dead(loop):
    engine = OpenAIEngine(base_url=f"http://127.0.0.1:{free_port()}/v1", model="x")
    with pytest.raises(EngineDead):
        loop.run_until_complete(engine.start())
    with pytest.raises(EngineDead):
        loop.run_until_complete(_collect(engine, _request("x")))
    assert not loop.run_until_complete(engine.healthy())


def test_a_stopped_one_can_be_started_again(loop):
    engine = OpenAIEngine(base_url=f"http://127.0.0.1:{free_port()}/v1", model="x")
    loop.run_until_complete(engine.stop())
    with pytest.raises(EngineDead):  # the server is still away; nothing else is wrong
        loop.run_until_complete(engine.start())
    loop.run_until_complete(engine.stop())


def test_a_folder_without_a_model_is_explained(loop, tmp_path):
    from triage.llm.engines.vllm_engine import VllmEngine

    (tmp_path / "empty").mkdir()
    engine = VllmEngine(model=str(tmp_path / "empty"), var_dir=tmp_path)
    with pytest.raises(EngineError, match=r"model|config"):
        loop.run_until_complete(engine.start())
