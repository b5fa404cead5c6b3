"""The indexed queue against a sorted list."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler import IndexedQueue

OPERATION = st.one_of(
    st.tuples(st.just("push"), st.integers(0, 30), st.tuples(st.integers(0, 4), st.integers(0, 9))),
    st.tuples(st.just("pop"), st.just(0), st.just((0, 0))),
    st.tuples(st.just("key"), st.integers(0, 30), st.tuples(st.integers(0, 4), st.integers(0, 9))),
    st.tuples(st.just("remove"), st.integers(0, 30), st.just((0, 0))),
    st.tuples(st.just("merge"), st.just(0), st.just((0, 0))),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(OPERATION, max_size=80))
def test_it_behaves_like_a_sorted_list(operations):
    queue: IndexedQueue[int] = IndexedQueue()
    model: dict[int, tuple] = {}  # name → (key, order of arrival)
    for count, (kind, name, key) in enumerate(operations):
        if kind == "push" and name not in model:
            queue.push(name, key, name)
            model[name] = (key, count)
        elif kind == "key" and name in model:
            queue.change_key(name, key)
            model[name] = (key, model[name][1])
        elif kind == "remove" and name in model:
            assert queue.remove(name) == name
            del model[name]
        elif kind == "merge":
            queue.merge()
        elif kind == "pop" and model:
            expected = min(model, key=model.__getitem__)
            assert queue.pop() == expected
            del model[expected]
        assert len(queue) == len(model)
        assert queue.peek() == (min(model, key=model.__getitem__) if model else None)
    assert [queue.pop() for _ in range(len(queue))] == sorted(model, key=model.__getitem__)


def test_ties_leave_in_the_order_they_came():
    queue: IndexedQueue[int] = IndexedQueue()
    for name in range(1000):
        queue.push(name, (1,), name)
        if name == 500:
            queue.merge()
    assert [queue.pop() for _ in range(1000)] == list(range(1000))


def test_memory_stays_linear_under_key_changes():
    queue: IndexedQueue[int] = IndexedQueue()
    for name in range(100):
        queue.push(name, (name,), name)
    rng = random.Random(1)
    for _ in range(20_000):
        queue.change_key(rng.randrange(100), (rng.random(),))
    assert len(queue._heap) + len(queue._buffer) < 1000


def test_a_hundred_thousand_come_out_sorted():
    queue: IndexedQueue[int] = IndexedQueue()
    rng = random.Random(2)
    keys = [(rng.randrange(5), rng.random()) for _ in range(100_000)]
    for name, key in enumerate(keys):
        queue.push(name, key, name)
    popped = [keys[queue.pop()] for _ in keys]
    assert popped == sorted(keys)


def test_doubles_and_strangers_are_refused():
    queue: IndexedQueue[str] = IndexedQueue()
    queue.push("a", (1,), "a")
    with pytest.raises(KeyError):
        queue.push("a", (2,), "a")
    with pytest.raises(KeyError):
        queue.change_key("b", (2,))
    with pytest.raises(IndexError):
        IndexedQueue().pop()
