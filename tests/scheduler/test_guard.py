"""A policy of somebody else's inside the engine: its nonsense is counted and goes no further."""

import pytest

from scheduler import PlainJob, Policy
from scheduler.engine.guard import GuardedPolicy


class Levels(Policy):
    """Answers with the level it was given."""

    name = "levels"

    def __init__(self, answer):
        self.answer = answer

    def key(self, job):
        return (job.arrival_s,)

    def level(self, job):
        return self.answer


JOB = PlainJob("job", 3, 0.0, 10, 20.0)


@pytest.mark.parametrize("answer", [0, 4, True])
def test_a_level_is_passed_on(answer):
    errors = []
    assert GuardedPolicy(Levels(answer), errors.append).level(JOB) == int(answer)
    assert errors == []


@pytest.mark.parametrize("answer", [-1, 5, 99, None, "urgent", float("inf")])
def test_a_level_that_there_is_not_is_a_fault_of_the_policy(answer):
    errors = []
    assert GuardedPolicy(Levels(answer), errors.append).level(JOB) == JOB.urgency
    assert len(errors) == 1
