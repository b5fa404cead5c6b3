"""The seam in the pinned vLLM that our scheduler hangs on. An upgrade that moves it fails here."""

import inspect
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.scheduler.vllm_bare import make_config, make_request, make_scheduler

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def scheduler():
    """vLLM's own, as the engine core makes it."""
    from vllm.v1.core.sched.async_scheduler import AsyncScheduler

    return make_scheduler(make_config(slots=4, step_tokens=256), blocks=50, cls=AsyncScheduler)


def test_the_version_is_the_pinned_one():
    import vllm

    assert vllm.__version__.startswith("0.32.0")


def test_methods_that_we_override_or_call_take_what_we_give(scheduler):
    expected = {
        "schedule": ["throttle_prefills"],
        "add_request": ["request"],
        "update_from_output": ["scheduler_output", "model_runner_output"],
        "_preempt_request": ["request", "timestamp", "drop_stale_output"],
        "_free_request": ["request", "delay_free_blocks"],
        "_is_blocked_waiting_status": ["status"],
        "_handle_blocked_waiting_request": ["request"],
        "_request_blocks_can_be_freed": ["request"],
        "has_requests": [],
        "shutdown": [],
    }
    found = {
        name: list(inspect.signature(getattr(scheduler, name)).parameters) for name in expected
    }
    assert found == expected


def test_attributes_that_we_read_are_there_and_of_the_kind_we_think(scheduler):
    from vllm.v1.core.sched.interface import PauseState

    assert scheduler.running == []
    assert scheduler.requests == {}
    assert scheduler.max_num_running_reqs == scheduler.max_num_active_reqs == 4
    assert scheduler.max_num_scheduled_tokens == 256
    assert scheduler.num_waiting_for_streaming_input == 0
    assert scheduler.scheduler_config.long_prefill_token_threshold == 0
    assert scheduler.scheduler_config.enable_chunked_prefill is True
    assert scheduler.block_size == 16
    assert len(scheduler.kv_cache_config.kv_cache_groups) == 1
    assert scheduler.requires_kv_delivery is False
    assert scheduler._pause_state == PauseState.UNPAUSED
    assert scheduler.finished_req_ids_dict is None
    assert scheduler.current_step == 0


def test_kv_memory_is_counted_as_we_count_it(scheduler):
    manager = scheduler.kv_cache_manager
    assert manager.watermark_blocks == 0
    free = manager.block_pool.get_num_free_blocks()
    assert free == 49
    request = make_request("counted", prompt=40)
    scheduler.add_request(request)
    scheduler.schedule()
    held = manager.get_blocks("counted").blocks
    assert [[block.ref_cnt for block in group] for group in held] == [[1, 1, 1]]
    assert manager.block_pool.get_num_free_blocks() == free - 3
    blocks, num_tokens, _ = manager.get_computed_blocks(make_request("counted", prompt=40))
    assert num_tokens == 32
    assert [len(group) for group in blocks.blocks] == [2]


def test_the_queues_are_made_in_the_constructor_and_used_by_name_alone():
    from vllm.v1.core.sched.scheduler import Scheduler

    source = inspect.getsource(Scheduler)
    for words in ("self.waiting = create_request_queue", "self.kv_holding_waiting = create_request",
                  "self.running: list[Request]", "self.running.pop()",
                  "self.waiting.prepend_request(request)",
                  "self.waiting.prepend_requests(step_skipped_waiting)",
                  "request_queue.peek_request()", "request_queue.pop_request()"):  # fmt: skip
        assert words in source, words
    # Our queue is untrue while it holds only parked requests: vLLM must ask that nowhere else.
    assert source.count("if not request_queue ") == 2
    assert "while self.waiting" not in source
    assert "if self.waiting" not in source


def test_a_running_request_may_be_left_out_of_a_step(scheduler):
    """What pausing rests on: the attributes, and that the V1 runner takes it back afterwards."""
    from vllm.v1.core.sched.scheduler import Scheduler

    from scheduler.engine.paused import can_pause

    assert can_pause(scheduler)
    for name, value in {"use_v2_model_runner": True, "use_pp": True, "connector": object(),
                        "ec_connector": object(), "aux_output_connector": object(),
                        "lora_config": object(), "num_spec_tokens": 2, "is_encoder_decoder": True,
                        "need_mamba_block_aligned_split": True}.items():  # fmt: skip
        assert hasattr(scheduler, name), name
        with_feature = SimpleNamespace(**{**vars(scheduler), name: value})
        assert not can_pause(with_feature), name
    assert "if req_id not in self.prev_step_scheduled_req_ids:" in inspect.getsource(Scheduler)
    runner = find_spec("vllm.v1.worker.gpu_model_runner").origin
    assert "scheduled in the previous step and needs to be added again" in Path(runner).read_text()


def test_our_queue_implements_the_whole_interface():
    from vllm.v1.core.sched.request_queue import RequestQueue

    from scheduler.engine.request_queue import PolicyRequestQueue

    assert not PolicyRequestQueue.__abstractmethods__
    assert RequestQueue.__abstractmethods__ == {
        "add_request", "pop_request", "peek_request", "prepend_request", "prepend_requests",
        "remove_request", "remove_requests", "__bool__", "__len__", "__iter__",
    }  # fmt: skip


def test_a_request_carries_what_a_policy_reads():
    request = make_request("r", priority=3, prompt=40, tokens=20)
    assert (request.priority, request.num_prompt_tokens, request.max_tokens) == (3, 40, 20)
    assert request.sampling_params.extra_args["job_id"] == "r"
    assert request.num_output_tokens == request.num_output_placeholders == 0
    assert request.num_stale_output_tokens == request.num_computed_tokens == 0
    assert request.drop_stale_output is False
    assert request.num_tokens == request.num_tokens_with_spec == 40
    assert request.client_index == 0
    assert request.has_encoder_inputs is request.resumable is False
