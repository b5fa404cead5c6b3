"""A long random run on the real engine: arrivals, aborts, re-triage, little KV memory.

Everybody gets an end, nobody is left in the engine, and every greedy text is the one that the
same request gets when it has the engine to itself.
"""

import asyncio
import json
import os
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(400)]
MODEL = Path(__file__).resolve().parents[2] / "weights" / "draft"
SLOTS, REQUESTS, SEED = 4, 60, 7
KV_BYTES = 8 * 2**20  # about 680 tokens: four requests do not always fit


@dataclass
class Wish:
    """One request of the run, and what became of it."""

    name: str
    urgency: int
    prompt: list[int]
    tokens: int
    arrival_s: float
    abort_after_s: float | None = None
    got: list[int] = field(default_factory=list)
    ended: bool = False


def _wishes():
    rng = random.Random(SEED)
    wishes, now_s = [], 0.0
    for number in range(REQUESTS):
        prompt = [rng.randrange(16, 4096) for _ in range(rng.randint(20, 250))]
        wish = Wish(f"w{number}", rng.randint(0, 4), prompt, rng.randint(5, 80), now_s)
        if rng.random() < 0.15:
            wish.abort_after_s = rng.uniform(0.0, 2.0)
        wishes.append(wish)
        now_s += rng.expovariate(8.0)
    return wishes


async def _start(stats_file):
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.v1.engine.async_llm import AsyncLLM

    os.environ.update(VLLM_NO_USAGE_STATS="1", HF_HUB_OFFLINE="1", VLLM_LOGGING_LEVEL="ERROR")
    os.environ.update(SEMTRIAGE_POLICY="semantic-plus", SEMTRIAGE_STATS_FILE=str(stats_file))
    return AsyncLLM.from_engine_args(
        AsyncEngineArgs(
            model=str(MODEL), dtype="float32", enforce_eager=True, skip_tokenizer_init=True,
            max_num_seqs=SLOTS, max_model_len=512, block_size=32,
            kv_cache_memory_bytes=KV_BYTES,
            scheduler_cls="scheduler.vllm_plugin.SemanticScheduler",
        )
    )  # fmt: skip


async def _generate(engine, wish, name):
    from vllm import SamplingParams, TokensPrompt
    from vllm.sampling_params import RequestOutputKind

    params = SamplingParams(
        max_tokens=wish.tokens, ignore_eos=True, temperature=0.0,
        output_kind=RequestOutputKind.DELTA,
        extra_args={"job_id": wish.name, "urgency": wish.urgency,
                    "predicted_output_tokens": wish.tokens},
    )  # fmt: skip
    async for output in engine.generate(
        TokensPrompt(prompt_token_ids=wish.prompt), params, name, priority=wish.urgency
    ):
        yield list(output.outputs[0].token_ids)
        if output.finished:
            wish.ended = True


async def _alone(engine, wish):
    text = []
    async for piece in _generate(engine, wish, f"{wish.name}-alone"):
        text.extend(piece)
    return text


async def _serve(engine, wish):
    await asyncio.sleep(wish.arrival_s)

    async def take():
        async for piece in _generate(engine, wish, f"{wish.name}-{time.monotonic_ns()}"):
            wish.got.extend(piece)

    try:
        await asyncio.wait_for(take(), wish.abort_after_s)
    except TimeoutError:
        assert wish.abort_after_s is not None


async def _retriage_now_and_then(engine, wishes):
    from vllm import SamplingParams, TokensPrompt

    rng = random.Random(SEED + 1)
    while True:
        await asyncio.sleep(0.15)
        extra = {"retriage_job_id": rng.choice(wishes).name, "urgency": rng.randint(0, 4)}
        params = SamplingParams(max_tokens=1, extra_args=extra)
        control = engine.generate(
            TokensPrompt(prompt_token_ids=[20]), params, f"control-{time.monotonic_ns()}"
        )
        async for _ in control:
            pass


async def _run(stats_file):
    engine = await _start(stats_file)
    try:
        wishes = _wishes()
        expected = [await _alone(engine, wish) for wish in wishes]
        before = json.loads(stats_file.read_text())
        for wish in wishes:
            wish.ended = False
        await engine.reset_prefix_cache()
        meddler = asyncio.create_task(_retriage_now_and_then(engine, wishes))
        await asyncio.wait_for(
            asyncio.gather(*(_serve(engine, wish) for wish in wishes)), timeout=240
        )
        meddler.cancel()
        await asyncio.gather(meddler, return_exceptions=True)
        await asyncio.sleep(1.0)  # the counters are written a moment later
        return wishes, expected, before, json.loads(stats_file.read_text())
    finally:
        engine.shutdown()
        for name in ("SEMTRIAGE_STATS_FILE", "SEMTRIAGE_POLICY"):
            os.environ.pop(name, None)


def test_nothing_is_lost_and_texts_are_those_of_an_unpreempted_run(tmp_path):
    wishes, expected, before, after = asyncio.run(_run(tmp_path / "stats.json"))
    assert before["preemptions_total"] == 0, "the expected texts are unpreempted ones"
    assert after["slot_preemptions_total"] >= 1
    assert after["kv_preemptions_total"] >= 1
    assert after["retriages_total"] >= 1
    assert (after["running"], after["waiting"]) == (0, 0)
    assert after["errors_total"] == after["refusals_total"] == 0
    for wish, text in zip(wishes, expected, strict=True):
        if wish.abort_after_s is None:
            assert wish.ended, f"{wish.name} never ended"
            assert wish.got == text, wish.name
        else:
            assert wish.got == text[: len(wish.got)], wish.name
