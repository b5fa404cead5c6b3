"""What a client sends never breaks the engine's scheduler."""

from types import SimpleNamespace

import pytest

from scheduler.engine.job import EngineJob


def _job(extra, priority=0, max_tokens=200):
    request = SimpleNamespace(
        request_id="r", priority=priority, max_tokens=max_tokens, num_prompt_tokens=10,
        num_output_tokens=7,
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
