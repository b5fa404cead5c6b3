"""Our scheduler inside the real engine: preemption, equal texts, re-triage, little memory."""

import asyncio
import json
import os
import time
from pathlib import Path

import pytest

from tests.services.loops import own_loop

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]
MODEL = Path(__file__).resolve().parents[2] / "weights" / "draft"
SLOTS = 2


@pytest.fixture(scope="module")
def stats_file(tmp_path_factory):
    return tmp_path_factory.mktemp("engine") / "stats.json"


@pytest.fixture(scope="module")
def loop():
    with own_loop() as loop:
        yield loop


@pytest.fixture(scope="module")
def engine(stats_file, loop):
    os.environ.update(
        VLLM_NO_USAGE_STATS="1",
        HF_HUB_OFFLINE="1",
        VLLM_LOGGING_LEVEL="ERROR",
        SEMTRIAGE_POLICY="semantic-plus",
        SEMTRIAGE_STATS_FILE=str(stats_file),
    )
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.v1.engine.async_llm import AsyncLLM

    async def start():
        return AsyncLLM.from_engine_args(
            AsyncEngineArgs(
                model=str(MODEL),
                dtype="float32",
                enforce_eager=True,
                max_num_seqs=SLOTS,
                max_model_len=1024,
                kv_cache_memory_bytes=2**27,
                scheduler_cls="scheduler.vllm_plugin.SemanticScheduler",
            )
        )

    engine = loop.run_until_complete(start())
    yield engine
    engine.shutdown()
    for name in ("SEMTRIAGE_STATS_FILE", "SEMTRIAGE_POLICY"):
        os.environ.pop(name, None)


async def _generate(engine, name, urgency, *, tokens=160, delay_s=0.0, prompt=11, extra=None):
    """First-token and end moments (from now) and the text of one request."""
    from vllm import SamplingParams, TokensPrompt
    from vllm.sampling_params import RequestOutputKind

    await asyncio.sleep(delay_s)
    started, first, text = time.monotonic(), None, ""
    params = SamplingParams(
        max_tokens=tokens,
        ignore_eos=True,
        temperature=0.0,
        output_kind=RequestOutputKind.DELTA,
        extra_args=extra or {"job_id": name, "urgency": urgency, "predicted_output_tokens": tokens},
    )
    prompt_ids = [prompt + number for number in range(60)]
    async for output in engine.generate(
        TokensPrompt(prompt_token_ids=prompt_ids),
        params,
        f"{name}-{time.monotonic_ns()}",
        priority=urgency,
    ):
        first = first or time.monotonic() - started
        text += output.outputs[0].text
    return first, time.monotonic() - started, text


def _stats(stats_file):
    time.sleep(0.5)  # written a moment later, by a thread
    return json.loads(stats_file.read_text())


def test_an_urgent_request_takes_a_slot_and_the_victims_text_is_the_same(engine, loop, stats_file):
    async def scenario():
        alone = await _generate(engine, "alone", 4)
        calm = [_generate(engine, f"calm-{number}", 4) for number in range(4)]
        *results, urgent = await asyncio.gather(
            *calm, _generate(engine, "urgent", 0, tokens=20, delay_s=alone[1] / 3)
        )
        await _generate(engine, "after", 4, tokens=5)
        return alone, results, urgent

    alone, results, urgent = loop.run_until_complete(scenario())
    counters = _stats(stats_file)
    assert counters["slot_preemptions_total"] >= 1
    assert counters["errors_total"] == 0
    assert any(name.startswith("calm") for name in counters["preempted_jobs"])
    assert urgent[0] < min(result[1] for result in results), "it waited for a slot"
    assert {result[2] for result in results} == {alone[2]}


def test_a_retriaged_request_overtakes_its_equals(engine, loop):
    async def scenario():
        names = [f"equal-{number}" for number in range(6)]
        tasks = [asyncio.create_task(_generate(engine, name, 3)) for name in names]
        await asyncio.sleep(0.05)
        await _generate(
            engine, "control", 0, tokens=1, extra={"retriage_job_id": names[-1], "urgency": 0}
        )
        return await asyncio.gather(*tasks)

    results = loop.run_until_complete(scenario())
    ends = [result[1] for result in results]
    assert sorted(ends).index(ends[-1]) < SLOTS + 1, "the last to come ends among the first"


def test_requests_without_any_of_our_arguments_are_served(engine, loop):
    async def scenario():
        requests = [
            _generate(engine, f"plain-{level}", level, tokens=8, extra={"x": level})
            for level in (0, 7, 2)
        ]
        return await asyncio.gather(*requests)

    assert all(result[2] for result in loop.run_until_complete(scenario()))


def test_an_aborted_request_leaves_the_line(engine, loop, stats_file):
    async def scenario():
        tasks = [asyncio.create_task(_generate(engine, f"gone-{n}", 4)) for n in range(6)]
        await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.6)
        await _generate(engine, "last", 2, tokens=40)

    loop.run_until_complete(scenario())
    assert _stats(stats_file)["waiting"] == 0
