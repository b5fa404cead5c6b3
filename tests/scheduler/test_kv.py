"""KV memory: whole blocks, none lost or held twice, the least deserving gives way."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from scheduler.sim import SETTINGS, CostModel
from scheduler.sim.kv import KvMemory

BLOCK = 4
# Reading costs 1 s a token, more the further on; moving to the host and back 2 s a token.
COST = CostModel("test", 0.1, 1.0, 0.0, 1.0, kv_tokens=12 * BLOCK, block_tokens=BLOCK,
                 load_s_per_token=1.0)  # fmt: skip


def check(memory):
    """What must hold at every moment."""
    kept = sum(kept.num_blocks for kept in memory.kept.values())
    assert memory.used == sum(memory.held.values()) + kept
    assert 0 <= memory.used <= memory.peak <= memory.capacity
    assert not set(memory.held) & set(memory.kept)
    for record in memory.kept.values():
        assert 0 <= record.gpu_tokens <= record.num_blocks * BLOCK < record.gpu_tokens + BLOCK
        assert record.num_blocks or record.host_tokens
    evictable = {name for name, record in memory.kept.items() if record.num_blocks}
    assert set(memory._victims) == evictable


class MemoryMachine(RuleBasedStateMachine):
    """Requests sit down, grow, lose their slot, come back and end, in any order."""

    def __init__(self):
        super().__init__()
        self.memory = KvMemory(COST)
        self.running = {}  # request → tokens of context
        self.waiting = {}  # request → (tokens computed, key)
        self.count = 0

    @rule(tokens=st.integers(1, 20))
    def arrive(self, tokens):
        self.count += 1
        had_room = 12 - sum(self.memory.held.values()) >= self.memory.blocks(tokens)
        kept = self.memory.seat(self.count, tokens)
        assert (kept is not None) == had_room
        if kept is not None:
            assert (kept.gpu_tokens, kept.host_tokens) == (0, 0)
            self.running[self.count] = tokens

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def grow(self, data):
        name = data.draw(st.sampled_from(sorted(self.running)))
        fits = self.memory.blocks(self.running[name] + 1) == self.memory.held[name]
        if fits or self.memory.grow(name):
            self.running[name] += 1
        else:
            assert sum(self.memory.held.values()) == self.memory.capacity

    @precondition(lambda self: self.running)
    @rule(data=st.data(), key=st.tuples(st.integers(0, 4), st.integers(0, 9)))
    def preempt(self, data, key):
        name = data.draw(st.sampled_from(sorted(self.running)))
        tokens = self.running.pop(name)
        self.memory.keep(name, tokens, key)
        self.waiting[name] = (tokens, key)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def come_back(self, data):
        name = data.draw(st.sampled_from(sorted(self.waiting)))
        tokens, _ = self.waiting[name]
        before = self.memory.kept.get(name)
        kept = self.memory.seat(name, tokens)
        if kept is None:
            assert self.memory.kept.get(name) == before
            return
        assert kept.gpu_tokens + kept.host_tokens <= tokens
        del self.waiting[name]
        self.running[name] = tokens

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def end(self, data):
        name = data.draw(st.sampled_from(sorted(self.running)))
        del self.running[name]
        self.memory.release(name)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def go_elsewhere(self, data):
        name = data.draw(st.sampled_from(sorted(self.waiting)))
        del self.waiting[name]
        self.memory.forget(name)

    @invariant()
    def nothing_is_lost(self):
        check(self.memory)
        assert set(self.memory.held) == set(self.running)
        assert set(self.memory.kept) <= set(self.waiting)
        for name, tokens in self.running.items():
            assert self.memory.held[name] >= self.memory.blocks(tokens)


MemoryMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
TestMemory = MemoryMachine.TestCase


def _with_two_kept():
    memory = KvMemory(COST)
    for name, urgency in ((1, 0), (2, 4)):
        memory.seat(name, 15)
        memory.keep(name, 15, (urgency, 0.0))
    return memory


def test_a_preempted_request_keeps_its_cache_while_there_is_room():
    memory = _with_two_kept()
    kept = memory.seat(2, 15)
    assert (kept.gpu_tokens, kept.host_tokens) == (15, 0)
    assert memory.used == 8


def test_the_least_urgent_gives_up_just_what_is_needed_its_last_blocks_first():
    memory = _with_two_kept()
    memory.seat(3, 23)  # 6 blocks, 4 are free
    assert memory.kept[1].num_blocks == 4
    assert memory.kept[2].num_blocks == 2
    assert memory.kept[2].gpu_tokens == 8
    check(memory)


def test_each_victim_goes_the_cheaper_way():
    """With these costs re-reading is cheaper up to token 5 of a context, moving beyond."""
    assert not COST.swaps(0, 4)
    assert COST.swaps(8, 7)
    memory = _with_two_kept()
    memory.seat(3, 23)
    assert memory.kept[2].host_tokens == 7
    assert memory.swapped_tokens == 7
    assert memory.take_save_s() == pytest.approx(7.0)
    assert memory.take_save_s() == 0.0
    memory.release(3)
    memory.seat(4, 39)  # 10 blocks, 6 are free: the rest of request 2, then two of request 1
    assert memory.kept[2].num_blocks == 0
    assert memory.kept[1].gpu_tokens == 8
    check(memory)


def test_the_papers_settings_differ_in_what_is_cheaper():
    assert not SETTINGS["A100-4B"].swaps(500, 300)
    assert SETTINGS["A100-7B"].swaps(500, 300)
    assert not SETTINGS["A5000-4B"].swaps(500, 300)


@pytest.mark.parametrize("start", [0, 7, 300])
def test_reading_time_and_its_inverse_agree(start):
    for cost in (*SETTINGS.values(), COST):
        for tokens in (1, 5, 113, 499):
            seconds = cost.read_s(start, tokens)
            assert cost.tokens_read_in(seconds * (1 + 1e-9), start) == tokens
            assert cost.tokens_read_in(seconds * (1 - 1e-9), start) == tokens - 1
        assert cost.read_s(0, 100) == pytest.approx(cost.prefill_s(100))
        assert cost.read_s(0, 60) + cost.read_s(60, 40) == pytest.approx(cost.prefill_s(100))
