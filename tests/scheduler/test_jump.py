"""Time inside a jump: the closed form against adding steps up."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scheduler.sim.jump import Jump

JUMPS = st.builds(
    Jump, st.floats(0, 1e5), st.integers(1, 500), st.floats(1e-4, 1), st.floats(0, 1e-4)
)


@settings(max_examples=200, deadline=None)
@given(jump=JUMPS, data=st.data())
def test_the_end_of_a_step_is_the_sum_of_the_steps_before(jump, data):
    steps = data.draw(st.integers(1, jump.num_steps))
    added = jump.start_s
    for number in range(steps):
        added += jump.first_s + number * jump.slope_s
    assert jump.end_s(steps) == pytest.approx(added, rel=1e-9)


@settings(max_examples=300, deadline=None)
@given(jump=JUMPS, share=st.floats(-0.1, 1.1))
@example(jump=Jump(1.0, 2, 0.0001, 0.0001), share=1 / 3)
def test_the_steps_done_by_a_moment_are_those_that_have_ended(jump, share):
    now_s = jump.start_s + share * (jump.end_s(jump.num_steps) - jump.start_s)
    done = jump.steps_by(now_s)
    assert 0 <= done <= jump.num_steps
    assert done == 0 or jump.end_s(done) <= now_s
    assert done == jump.num_steps or jump.end_s(done + 1) > now_s


@settings(max_examples=300, deadline=None)
@given(jump=JUMPS, share=st.floats(0, 1))
def test_a_cut_ends_at_the_first_boundary_from_then_on(jump, share):
    before = jump.num_steps
    now_s = jump.start_s + share * (jump.end_s(before) - jump.start_s)
    moved = jump.cut(now_s)
    assert moved == (jump.num_steps < before)
    assert 1 <= jump.num_steps <= before
    if moved:
        assert jump.end_s(jump.num_steps) >= now_s
        assert jump.num_steps == 1 or jump.end_s(jump.num_steps - 1) < now_s


def test_steps_that_take_no_time_are_all_done_at_once():
    assert Jump(1.0, 7, 0.0).steps_by(1.0) == 7
