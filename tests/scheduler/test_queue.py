"""The indexed queue against a sorted list."""

import random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from scheduler import IndexedQueue
from scheduler import queue as queue_module

KEYS = st.tuples(st.integers(0, 3), st.sampled_from([0.0, 0.5, 1.0, 7.0]))


class QueueMachine(RuleBasedStateMachine):
    """Every operation, in any order, on the queue and on a plain dictionary beside it."""

    def __init__(self):
        super().__init__()
        self.queue = IndexedQueue()
        self.model = {}  # name → (key, order of arrival)
        self.count = 0

    @initialize(front=st.sampled_from([2, 4, 64]), most=st.sampled_from([5, 1024]))
    def sizes(self, front, most):
        queue_module.FRONT, queue_module.MOST_IN_FRONT = front, most

    def teardown(self):
        queue_module.FRONT, queue_module.MOST_IN_FRONT = 64, 1024

    def sorted_names(self):
        return sorted(self.model, key=self.model.__getitem__)

    @rule(keys=st.lists(KEYS, min_size=1, max_size=8))
    def push(self, keys):
        for key in keys:
            self.count += 1
            self.queue.push(self.count, key, f"item {self.count}")
            self.model[self.count] = (key, self.count)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def push_twice(self, data):
        name = data.draw(st.sampled_from(sorted(self.model)))
        with pytest.raises(KeyError):
            self.queue.push(name, (0, 0.0), "another")

    @precondition(lambda self: self.model)
    @rule(data=st.data(), key=KEYS)
    def change_key(self, data, key):
        name = data.draw(st.sampled_from(sorted(self.model)))
        self.queue.change_key(name, key)
        self.model[name] = (key, self.model[name][1])

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove(self, data):
        name = data.draw(st.sampled_from(sorted(self.model)))
        assert self.queue.remove(name) == f"item {name}"
        del self.model[name]

    @precondition(lambda self: self.model)
    @rule()
    def come_back(self):
        """The first leaves and returns under its old name: now it is the last to have come."""
        name = self.sorted_names()[0]
        self.queue.remove(name)
        self.count += 1
        self.queue.push(name, self.model[name][0], f"item {name}")
        self.model[name] = (self.model[name][0], self.count)

    @rule(most=st.integers(1, 4))
    def pop(self, most):
        for name in self.sorted_names()[:most]:
            assert self.queue.pop() == f"item {name}"
            del self.model[name]

    @rule()
    def merge(self):
        self.queue.merge()

    @invariant()
    def it_looks_like_the_model(self):
        names = self.sorted_names()
        assert len(self.queue) == len(names)
        assert sorted(self.queue) == sorted(f"item {name}" for name in names)
        assert self.queue.peek() == (f"item {names[0]}" if names else None)
        expected = (self.model[names[0]][0], f"item {names[0]}") if names else None
        assert self.queue.first() == expected

    @invariant()
    def memory_is_linear(self):
        queue = self.queue
        limit = 2 * len(queue) + queue_module.SLACK
        assert len(queue._heap) <= limit
        assert len(queue._live) == len(queue._items) == len(queue)


QueueMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestQueueAgainstASortedList = QueueMachine.TestCase


@pytest.mark.parametrize("merge_every", [1, 7, 10**9])
def test_ties_leave_in_the_order_they_came(merge_every):
    queue: IndexedQueue[int] = IndexedQueue()
    for name in range(3000):
        queue.push(name, (1,), name)
        if name % merge_every == 0:
            queue.merge()
    assert [queue.pop() for _ in range(3000)] == list(range(3000))


def test_memory_stays_linear_under_key_changes():
    queue: IndexedQueue[int] = IndexedQueue()
    for name in range(100):
        queue.push(name, (name,), name)
    rng = random.Random(1)
    for count in range(20_000):
        queue.change_key(rng.randrange(100), (rng.random(),))
        if count % 10 == 0:
            queue.merge()
        assert len(queue._heap) + len(queue._buffer) <= 2 * (2 * 100 + queue_module.SLACK)
        assert len(queue._front) <= queue_module.MOST_IN_FRONT + 10


def test_memory_stays_linear_when_most_have_left():
    queue: IndexedQueue[int] = IndexedQueue()
    for name in range(10_000):
        queue.push(name, (-name,), name)
    queue.merge()
    for name in range(9_990):
        queue.remove(name)
    assert len(queue._heap) < 200


def test_a_hundred_thousand_come_out_sorted():
    queue: IndexedQueue[int] = IndexedQueue()
    rng = random.Random(2)
    keys = [(rng.randrange(5), rng.random()) for _ in range(100_000)]
    for name, key in enumerate(keys):
        queue.push(name, key, name)
    popped = [keys[queue.pop()] for _ in keys]
    assert popped == sorted(keys)


def test_arrivals_between_pops_keep_the_order():
    """What the simulator and the engine do: push, merge, pop, with a long line behind."""
    queue: IndexedQueue[int] = IndexedQueue()
    rng = random.Random(3)
    keys = {}
    for name in range(6_000):
        keys[name] = (rng.randrange(5), rng.random())
        queue.push(name, keys[name], name)
        if name % 5 == 0:
            queue.merge()
        if name % 3 == 0:
            first = keys.pop(queue.pop())
            assert all(first <= key for key in keys.values())
    assert [queue.pop() for _ in range(len(queue))] == sorted(keys, key=keys.__getitem__)


def test_strangers_are_refused():
    queue: IndexedQueue[str] = IndexedQueue()
    queue.push("a", (1,), "a")
    with pytest.raises(KeyError):
        queue.change_key("b", (2,))
    with pytest.raises(KeyError):
        queue.remove("b")
    with pytest.raises(IndexError):
        IndexedQueue().pop()
