"""What a client sends never breaks the engine's scheduler."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.engine.job import EngineJob
from scheduler.engine.packing import MAX_REMAINING, pack_priority, urgency_of


def _job(extra, priority=0, max_tokens=200):
    request = SimpleNamespace(
        request_id="r", priority=priority, max_tokens=max_tokens, num_prompt_tokens=10,
        num_output_tokens=7, num_output_placeholders=0,
    )  # fmt: skip
    return EngineJob.of(request, extra, arrival_s=1.0)


def test_it_reads_urgency_and_prediction():
    job = _job({"job_id": "a", "urgency": 3, "predicted_output_tokens": 80})
    assert (job.tag, job.urgency, job.predicted_output_tokens) == ("a", 3, 80)
    assert job.generated_tokens == 7


@pytest.mark.parametrize(
    "extra",
    [{}, {"urgency": "x"}, {"urgency": None}, {"urgency": float("nan")}, {"urgency": [1]}],
)
def test_without_a_usable_urgency_the_priority_counts(extra):
    assert _job(extra, priority=2).urgency == 2
    assert _job(extra, priority=-5).urgency == 0
    assert _job(extra, priority=99).urgency == 4


@pytest.mark.parametrize("predicted", [-1, 0, "x", float("inf"), None, 1e9])
def test_predictions_stay_between_one_and_the_limit(predicted):
    assert 1 <= _job({"predicted_output_tokens": predicted}).predicted_output_tokens <= 200


def test_a_control_request_goes_first_and_a_retriage_is_taken_over():
    assert _job({"retriage_job_id": "a", "urgency": 4}).is_control
    job = _job({"urgency": 4, "predicted_output_tokens": 50})
    job.retriage({"urgency": 0})
    assert (job.urgency, job.predicted_output_tokens) == (0, 50)
    job.retriage({"urgency": "bad", "predicted_output_tokens": 9})
    assert (job.urgency, job.predicted_output_tokens) == (0, 9)
    job.retriage({"predicted_remaining_tokens": 30})
    assert job.predicted_output_tokens == 37, "7 are written, 30 are to come"


def test_tokens_on_their_way_count_as_generated():
    job = _job({})
    job.request.num_output_placeholders = 2
    assert job.generated_tokens == 7
    assert job.refresh().generated_tokens == 9


@pytest.mark.parametrize("urgency", range(5))
def test_a_packed_priority_is_read_where_nothing_better_is_told(urgency):
    assert _job({}, priority=pack_priority(urgency, 300)).urgency == urgency
    assert _job({"urgency": 1}, priority=pack_priority(urgency, 300)).urgency == 1


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, MAX_REMAINING)), min_size=2))
def test_packed_priorities_order_as_the_two_keys_do(keys):
    assert sorted(keys) == sorted(keys, key=lambda key: pack_priority(*key))
    assert all(urgency_of(pack_priority(*key)) == key[0] for key in keys)


def test_what_does_not_fit_is_cut_and_nonsense_is_refused():
    assert pack_priority(1, -5) == pack_priority(1, 0)
    assert pack_priority(1, 1e12) == pack_priority(1, MAX_REMAINING) < pack_priority(2, 0)
    for urgency, remaining in ((5, 1), (-1, 1), (0, float("nan"))):
        with pytest.raises(ValueError, match="is needed"):
            pack_priority(urgency, remaining)
    assert [urgency_of(plain) for plain in (-3, 0, 2, 4, 9)] == [0, 0, 2, 4, 4]
    assert urgency_of(1 << 60) == 4
