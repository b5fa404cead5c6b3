"""The seam in the pinned vLLM that our scheduler hangs on. An upgrade that moves it fails here."""

import inspect

import pytest

pytestmark = pytest.mark.engine


def test_the_version_is_the_pinned_one():
    import vllm

    assert vllm.__version__.startswith("0.32.0")


def test_the_scheduler_still_has_what_we_override_and_call():
    from vllm.v1.core.sched.async_scheduler import AsyncScheduler

    for name in ("schedule", "add_request", "_preempt_request", "_free_request",
                 "finish_requests", "get_request_counts"):  # fmt: skip
        assert callable(getattr(AsyncScheduler, name)), name
    preempt = inspect.signature(AsyncScheduler._preempt_request)
    assert list(preempt.parameters)[:3] == ["self", "request", "timestamp"]


def test_the_queues_are_still_made_in_the_constructor_and_read_by_name():
    from vllm.v1.core.sched.scheduler import Scheduler

    source = inspect.getsource(Scheduler)
    for words in ("self.waiting = create_request_queue", "self.kv_holding_waiting = create_request",
                  "self.running: list[Request]", "self.running.pop()",
                  "self.waiting.prepend_request(request)"):  # fmt: skip
        assert words in source, words


def test_our_queue_implements_the_whole_interface():
    from scheduler.vllm_plugin import PolicyRequestQueue

    assert not PolicyRequestQueue.__abstractmethods__


def test_a_request_still_carries_what_a_policy_reads():
    from vllm.v1.request import Request

    source = inspect.getsource(Request)
    for name in ("priority", "num_prompt_tokens", "max_tokens", "sampling_params", "request_id"):
        assert f"self.{name}" in source, name
    assert isinstance(Request.num_output_tokens, property)
