"""The paper's own batching: a batch is all prompts or all decoding.

Source: Semantic Scheduling for LLM Inference (arXiv 2506.12204). At each iteration the most
urgent request of all decides the phase, by whether its prompt has been read; the batch is the
first `slots` requests, in the policy's order, that are in the same phase. A request whose prompt
has been read waits with its cache. Reading takes as long as the longest prompt of the batch.

Jumps over equal steps are exact while memory lasts; under pressure a batch gives its cache
back and takes it again only where a jump ends.

One engine; wait targets play no part, since nobody holds a slot from one batch to the next.
"""

from collections.abc import Callable

from scheduler.job import NUM_LEVELS
from scheduler.policies import Policy
from scheduler.queue import IndexedQueue
from scheduler.sim.arrivals import arrivals
from scheduler.sim.cost import CostModel
from scheduler.sim.job import Result, SimJob
from scheduler.sim.jump import Jump
from scheduler.sim.kv import KvMemory
from scheduler.sim.predictor import Predictor
from scheduler.sim.workload import Workload


class PhasedSimulation:
    """Serves a workload in phases. Call `step` until it says False."""

    def __init__(
        self,
        workload: Workload,
        policy: Policy,
        cost: CostModel,
        *,
        predictor: Predictor | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """`clock`, such as time.perf_counter, times every decision.

        Raises ValueError when a request is larger than the whole KV memory.
        """
        self.policy, self.cost, self.num_slots = policy, cost, workload.slots
        self.memory = KvMemory(cost)
        self.result = Result([])
        self._clock = clock
        self.now_s = 0.0
        self.num_ended = 0
        self.unread: IndexedQueue[SimJob] = IndexedQueue()
        self.read: IndexedQueue[SimJob] = IndexedQueue()
        self._num_by_urgency = [0] * NUM_LEVELS  # in both
        self._arrivals = arrivals(workload, policy, predictor, self.memory)
        self._next = next(self._arrivals, None)
        self._last: set[int] = set()  # who was in the last decoding batch, and not done

    def step(self) -> bool:
        """One phase, as long as nothing can change. False when all is done."""
        if self._next is not None and not len(self.unread) and not len(self.read):
            self.now_s = max(self.now_s, self._next[0])
        while self._next is not None and self._next[0] <= self.now_s:
            self.result.jobs.append(self._next[1])
            self._push(self._next[1])
            self._next = next(self._arrivals, None)
        if not len(self.unread) and not len(self.read):
            self.result.end_s = self.now_s
            self.result.kv_peak_blocks = self.memory.peak
            self.result.swapped_tokens = self.memory.swapped_tokens
            return False
        self.result.num_decisions += 1
        started_s = self._clock() if self._clock else 0.0
        queue = self._phase()
        batch = self._batch(queue)
        if self._clock:
            self.result.decision_s.append(self._clock() - started_s)
        if queue is self.unread:
            self._read_prompts(batch)
        else:
            self._decode(batch)
        return True

    def _phase(self) -> IndexedQueue[SimJob]:
        """Where the most urgent request of all is."""
        new, old = self.unread.first(), self.read.first()
        return self.unread if old is None or (new is not None and new < old) else self.read

    def _push(self, job: SimJob) -> None:
        # Equals in order of arrival, however often they come back.
        queue = self.unread if job.must_read else self.read
        queue.push(job.job_id, (*self.policy.key(job), job.job_id), job)
        self._num_by_urgency[job.urgency] += 1

    def _batch(self, queue: IndexedQueue[SimJob]) -> list[SimJob]:
        """The first of the queue that find memory, with it."""
        batch: list[SimJob] = []
        while len(batch) < self.num_slots and (job := queue.peek()) is not None:
            kept = self.memory.seat(job.job_id, job.context_tokens)
            if kept is None:
                break
            queue.pop()
            self._num_by_urgency[job.urgency] -= 1
            cached = kept.gpu_tokens + kept.host_tokens
            self.result.reread_tokens += job.computed_tokens - cached
            job.unread_tokens = job.context_tokens - cached
            job.load_s = kept.host_tokens * self.cost.load_s_per_token
            batch.append(job)
        return batch

    def _park(self, job: SimJob) -> None:
        """It waits for its next batch, with its cache while there is room."""
        self.memory.keep(job.job_id, job.computed_tokens, self.policy.key(job))
        self._push(job)

    def _read_prompts(self, batch: list[SimJob]) -> None:
        self._count_preemptions(set())
        seconds = max(
            job.load_s + self.cost.read_s(job.computed_tokens, job.unread_tokens) for job in batch
        )
        self._pass_time(batch, seconds + self.memory.take_save_s())
        for job in batch:
            job.unread_tokens, job.load_s = 0, 0.0
            self._park(job)

    def _decode(self, batch: list[SimJob]) -> None:
        evicted = [job for job in batch if job.must_read]  # must be read in a phase of their own
        for job in evicted:
            batch.remove(job)
            self._park(job)
        self._count_preemptions({job.job_id for job in batch})
        if not batch:
            return
        jump = Jump(
            self.now_s + self.memory.take_save_s(),
            self._num_equal_steps(batch),
            self.cost.decode_s(sum(job.context_tokens for job in batch)),
            self.cost.d1 * len(batch),
        )
        if self._next is not None:
            jump.cut(self._next[0])
        for job in batch:
            if job.first_token_s is None:
                job.first_token_s = jump.end_s(1)
        self._pass_time(batch, jump.end_s(jump.num_steps) - self.now_s)
        for job in batch:
            self._grow(job, jump.num_steps)
            if job.left == 0:
                job.end_s = self.now_s
                self.memory.release(job.job_id)
                self._last.discard(job.job_id)
                self.num_ended += 1
            else:
                self._park(job)

    def _grow(self, job: SimJob, num_steps: int) -> None:
        has_room = True
        wanted = self.memory.blocks(job.context_tokens + num_steps - 1)
        while has_room and self.memory.held[job.job_id] < wanted:
            has_room = self.memory.grow(job.job_id)
        assert has_room
        job.add_tokens(num_steps)

    def _num_equal_steps(self, batch: list[SimJob]) -> int:
        steps = min(job.left for job in batch)
        rise = min(self.policy.tokens_until_rise(job) for job in batch)
        if rise < steps:
            steps = int(rise)
        # Where the free blocks do not last, each step decides anew whose cache must go.
        memory = self.memory
        wanted = sum(memory.blocks(job.context_tokens + steps) for job in batch)
        lacking = wanted - sum(memory.held.values()) - memory.free
        return steps if lacking <= 0 else 1

    def _count_preemptions(self, batch: set[int]) -> None:
        """Whoever was decoding, is not done, and is not in the batch has been preempted."""
        self.result.preemptions += len(self._last - batch)
        self._last = batch

    def _pass_time(self, batch: list[SimJob], seconds: float) -> None:
        self.now_s += seconds
        calmest = max(job.urgency for job in batch)
        waiting = sum(self._num_by_urgency[:calmest])
        self.result.inversion_s += seconds * waiting
        for job in batch:
            job.slot_s += seconds
