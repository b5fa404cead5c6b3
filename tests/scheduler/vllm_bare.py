"""vLLM's own scheduler without a model behind it: real queues, real KV blocks, invented tokens.

Drives a scheduler as the engine core does with async scheduling: the next step is planned while
the last one computes. The runner computes only from what the scheduler sends it, as a real one
does, so a token that is lost, doubled or put in the wrong place shows in the texts.
"""

import itertools
from collections import deque
from pathlib import Path
from types import SimpleNamespace

from scheduler.job import NUM_LEVELS

MODEL = Path(__file__).resolve().parents[2] / "weights" / "draft"
BLOCK = 16
VOCABULARY = 4000


def make_config(*, slots, step_tokens, max_model_len=512, chunked=True):
    """vLLM's configuration for the bundled model with our scheduler."""
    from vllm.engine.arg_utils import EngineArgs

    return EngineArgs(
        model=str(MODEL),
        skip_tokenizer_init=True,
        dtype="float32",
        enforce_eager=True,
        max_num_seqs=slots,
        max_model_len=max_model_len,
        max_num_batched_tokens=step_tokens,
        enable_chunked_prefill=chunked,
        block_size=BLOCK,
        scheduler_cls="scheduler.vllm_plugin.SemanticScheduler",
    ).create_engine_config()


def make_scheduler(config, *, blocks, cls=None):
    """The scheduler as the engine core makes it, with so many KV blocks."""
    import torch
    from vllm.v1.kv_cache_interface import FullAttentionSpec, KVCacheConfig, KVCacheGroupSpec

    from scheduler.vllm_plugin import SemanticScheduler

    spec = FullAttentionSpec(block_size=BLOCK, num_kv_heads=4, head_size=64, dtype=torch.float32)
    config.cache_config.num_gpu_blocks = blocks
    return (cls or SemanticScheduler)(
        vllm_config=config,
        kv_cache_config=KVCacheConfig(blocks, [], [KVCacheGroupSpec(["layer"], spec)]),
        structured_output_manager=SimpleNamespace(
            accept_tokens=lambda request, tokens: True, grammar_bitmask=lambda *args: None
        ),
        block_size=BLOCK,
        log_stats=False,
    )


def make_request(name, *, urgency=2, prompt=40, tokens=20, extra=None, priority=None, shared=0):
    """`shared`: so many tokens of the prompt are the same in every request."""
    from vllm import SamplingParams
    from vllm.utils.hashing import sha256
    from vllm.v1.core.kv_cache_utils import get_request_block_hasher, init_none_hash
    from vllm.v1.request import Request

    init_none_hash(sha256)
    given = {"job_id": name, "urgency": urgency, "predicted_output_tokens": tokens}
    ids = [7] * shared + [token(name, -1 - at) for at in range(prompt - shared)]
    return Request(
        request_id=name,
        prompt_token_ids=ids,
        sampling_params=SamplingParams(
            max_tokens=tokens, ignore_eos=True, extra_args=given if extra is None else extra
        ),
        pooling_params=None,
        priority=urgency if priority is None else priority,
        block_hasher=get_request_block_hasher(BLOCK, sha256),
    )


def token(name, at):
    """The token of a request at a place, always the same."""
    return 16 + hash((name, at)) % VOCABULARY


class BareEngine:
    """Steps a scheduler; collects what each request got."""

    def __init__(self, scheduler, *, depth=2):
        self.scheduler = scheduler
        self.depth = depth  # steps planned ahead, as with async scheduling
        self.texts = {}  # request → tokens received
        self.ends = {}  # request → finish reason
        self.order = []  # requests in order of their end
        self._in_flight = deque()
        self._known = {}  # the runner's own memory: request → all its tokens
        self._batch = set()  # whom the runner computed in its last step
        self._prompts = {}
        self._steps = itertools.count()

    def add(self, request):
        self._prompts[request.request_id] = request.num_prompt_tokens
        self.scheduler.add_request(request)

    def abort(self, *names):
        from vllm.v1.request import RequestStatus

        self.scheduler.finish_requests(names, RequestStatus.FINISHED_ABORTED)

    def step(self):
        """Plan a step, and take in the oldest one once enough are on their way."""
        if self.scheduler.has_requests():
            output = self.scheduler.schedule()
            self._in_flight.appendleft((output, self._run(output)))
            if len(self._in_flight) < self.depth and self.scheduler.has_requests():
                return
        if self._in_flight:
            self._take(*self._in_flight.pop())

    def run(self, max_steps=5000):
        """Until nobody is left. Fails when that takes too long."""
        for _ in range(max_steps):
            if not self._in_flight and not self.scheduler.has_requests():
                return
            self.step()
        raise AssertionError(f"not done after {max_steps} steps")

    def _run(self, output):
        from vllm.v1.outputs import ModelRunnerOutput

        computed = {}
        for new in output.scheduled_new_reqs:
            self._known[new.req_id] = list(new.prefill_token_ids or new.prompt_token_ids)
            computed[new.req_id] = new.num_computed_tokens
        cached = output.scheduled_cached_reqs
        for name, done in zip(cached.req_ids, cached.num_computed_tokens, strict=True):
            # As vLLM's runner: who was not in its batch comes with all its tokens.
            if name in cached.resumed_req_ids or name not in self._batch:
                self._known[name] = list(cached.all_token_ids[name])
            computed[name] = done
        names = list(output.num_scheduled_tokens)
        self._batch = set(names)
        sampled = []
        for name in names:
            known = self._known[name]
            reached = computed[name] + output.num_scheduled_tokens[name]
            assert reached <= len(known), "it computes what is not there yet"
            fresh = [token(name, len(known))] if reached == len(known) else []
            known.extend(fresh)
            sampled.append(fresh)
        return ModelRunnerOutput(names, {name: at for at, name in enumerate(names)}, sampled)

    def _take(self, output, result):
        for outputs in self.scheduler.update_from_output(output, result).values():
            for piece in outputs.outputs:
                self.texts.setdefault(piece.request_id, []).extend(piece.new_token_ids)
                if piece.finish_reason is not None:
                    assert piece.request_id not in self.ends, "it ended twice"
                    self.ends[piece.request_id] = piece.finish_reason
                    self.order.append(piece.request_id)

    def expected(self, name, tokens):
        start = self._prompts[name]
        return [token(name, start + at) for at in range(tokens)]


def check(scheduler):
    """What must hold between any two steps: nobody is lost, doubled or forgotten."""
    running = [request.request_id for request in scheduler.running]
    places = [scheduler.waiting.places, scheduler.kv_holding_waiting.places]
    waiting = [job.job_id for place in places for job in place]
    everybody = running + waiting
    assert len(everybody) == len(set(everybody)), "somebody is in two places"
    assert set(everybody) == set(scheduler.requests) == set(scheduler.jobs)
    assert len(running) <= scheduler.max_num_running_reqs
    assert not places[0].seated, "a seat outlived its step"
    tagged = [name for names in scheduler._by_tag.values() for name in names]
    assert set(tagged) <= set(scheduler.jobs)
    assert all(scheduler._by_tag.values()), "a name outlived its requests"
    for request in scheduler.running:
        assert request.status.name == "RUNNING"
    counted = places[0].num_by_urgency()
    assert counted == [
        sum(job.urgency == level for job in places[0]) for level in range(NUM_LEVELS)
    ]


def start_calm(engine, count, steps=6, **options):
    """Add `count` calm requests and do some steps."""
    for number in range(count):
        engine.add(make_request(f"calm-{number}", **{"urgency": 4, "tokens": 60} | options))
    for _ in range(steps):
        engine.step()
