"""One simulated engine: a batch that advances step by step, or over many equal steps at once.

While nobody reads, each step gives every job one token and one more of context, so the engine
jumps: to the next end, the next rise of a key, or the next shortage of memory. Progress inside
a jump is a number, worked out when asked.
"""

import heapq
from collections.abc import Iterator

from scheduler.job import NUM_LEVELS
from scheduler.policies import Policy
from scheduler.sim.batching import Batching, Portion
from scheduler.sim.cost import CostModel
from scheduler.sim.job import Result, SimJob
from scheduler.sim.jump import Jump
from scheduler.sim.kv import KvMemory

Moments = list[tuple[int, int, SimJob]]  # a heap of (step, ticket, job)


class Engine:
    """`num_slots` requests at a time on one memory. Who they are, the simulation decides."""

    def __init__(
        self, index: int, num_slots: int, policy: Policy, cost: CostModel, batching: Batching,
        result: Result,
    ) -> None:  # fmt: skip
        self.index, self.num_slots = index, num_slots
        self.policy, self.cost, self.batching, self.result = policy, cost, batching, result
        self.memory = KvMemory(cost)
        self.running: dict[int, SimJob] = {}
        self.incoming: list[SimJob] = []  # have a slot from the next boundary on
        self.leaving: list[SimJob] = []  # have it until then
        self.is_full = False  # of memory: somebody found no room
        self.jump: Jump | None = None  # the step or steps under way; None between steps
        self.version = 0  # of the plan behind `jump`
        self.steps = 0  # done so far, up to the moment last asked for
        self._start_steps = 0  # when the jump began
        self._readers: dict[int, SimJob] = {}
        self._portions: list[Portion] = []  # what the step under way reads; empty in a jump
        self._fresh: list[SimJob] = []  # decoders without a token yet
        self._context = 0  # tokens, of all decoders at `steps`
        self._levels = [0] * NUM_LEVELS  # running jobs by the policy's class
        self._tickets = 0
        self._ends: Moments = []
        self._growths: Moments = []
        self._rises: Moments = []

    @property
    def num_free(self) -> int:
        """Slots that nobody holds or has been promised."""
        return self.num_slots - len(self.running) - len(self.incoming) + len(self.leaving)

    # Between two steps

    def arrive(self, now_s: float) -> list[SimJob]:
        """End the step or jump under way. Returns the jobs that are done with it."""
        assert self.jump is not None
        self._advance_to(self._start_steps + self.jump.num_steps)
        self.jump = None
        has_room = self._grow(self.steps - 1)  # what the last token was computed with
        assert has_room
        for job, num_tokens in self._portions:
            job.unread_tokens -= num_tokens
            if not job.must_read:
                del self._readers[job.job_id]
                self._start_decoding(job)
        self._portions = []
        return [self._finish(job, now_s) for job in self._reached(self._ends, "end_step")]

    def risen(self) -> list[SimJob]:
        """The running jobs whose keys may have grown up to this boundary."""
        if not self._rises:
            return []
        jobs = list(self._reached(self._rises, "rise_step"))
        for job in jobs:
            self._await_rise(job)
        return jobs

    def detach(self, job: SimJob, now_s: float) -> None:
        """The job loses its slot, and keeps its cache while there is room."""
        self._remove(job, now_s)
        self.memory.keep(job.job_id, job.computed_tokens, self.policy.key(job))
        self.is_full = False
        job.num_preemptions += 1
        self.result.preemptions += 1

    def start(self, now_s: float) -> list[SimJob]:
        """Begin the next step or jump. Returns the jobs that found no memory for it."""
        losers = self._let_in(now_s)
        if not self._grow(self.steps):
            losers += self._grow_or_yield(now_s)
        if not self.running:
            return losers
        num_decoders = len(self.running) - len(self._readers)
        step_s = self.cost.decode_s(self._context) if num_decoders else 0.0
        num_steps = 1
        if self._readers:
            lead = next(level for level, count in enumerate(self._levels) if count)
            step_s, self._portions = self.batching.plan(
                list(self._readers.values()), num_decoders, step_s, lead, self.policy, self.cost
            )
        else:
            num_steps = self._num_equal_steps()
        start_s = now_s + self.memory.take_save_s()  # moving cache out comes first
        self.jump = Jump(start_s, num_steps, step_s, self.cost.d1 * num_decoders)
        self._start_steps = self.steps
        self.version += 1
        for job in self._fresh:
            if job.decoder is self:
                job.first_token_s = start_s + step_s
        self._fresh.clear()
        return losers

    # Inside a step or jump

    def sync(self, now_s: float) -> None:
        """Bring `steps` up to the last one done by now; what the jobs have follows from it."""
        if self.jump is not None and not self._portions:
            self._advance_to(self._start_steps + self.jump.steps_by(now_s))

    def cut(self, now_s: float) -> bool:
        """Somebody wants a slot here: end the jump at its next boundary. True if it moved."""
        if self.jump is None or not self.jump.cut(now_s):
            return False
        self.version += 1
        return True

    # Parts

    def _let_in(self, now_s: float) -> list[SimJob]:
        """Give the incoming their memory, at the cost of less deserving ones."""
        losers: list[SimJob] = []
        if not self.incoming:
            return losers
        for job in sorted(self.incoming, key=self._rank):
            while (kept := self.memory.seat(job.job_id, job.context_tokens)) is None:
                worst = max(self.running.values(), key=self._rank, default=job)
                if self._rank(worst) <= self._rank(job):
                    break
                self.detach(worst, now_s)
                losers.append(worst)
            if kept is None:
                self.is_full = True
                losers.append(job)
                continue
            if job.home is not None and job.home is not self:
                job.home.memory.forget(job.job_id)
            job.home, job.since_s, job.level = self, now_s, self._level(job)
            cached = kept.gpu_tokens + kept.host_tokens
            self.result.reread_tokens += job.computed_tokens - cached
            job.unread_tokens = job.context_tokens - cached
            job.load_s = kept.host_tokens * self.cost.load_s_per_token
            self.running[job.job_id] = job
            self._levels[job.level] += 1
            if job.must_read:
                self._readers[job.job_id] = job
            else:
                self._start_decoding(job)
        self.incoming = []
        return losers

    def _level(self, job: SimJob) -> int:
        """The policy's class of the job. Raises ValueError when there is none such."""
        level = self.policy.level(job)
        if level not in range(NUM_LEVELS):  # -1 would count as the calmest
            raise ValueError(
                f"policy: level() of {type(self.policy).__name__} is {level!r} for request "
                f"{job.request.id}; a whole number from 0 to {NUM_LEVELS - 1} is needed"
            )
        return int(level)

    def _grow(self, steps: int) -> bool:
        """Memory for the token after that step, for every decoder. False when it runs out."""
        growths, memory, block = self._growths, self.memory, self.cost.block_tokens
        while growths and growths[0][0] <= steps:
            step, ticket, job = growths[0]
            if job.decoder is not self or job.grow_step != step:
                heapq.heappop(growths)  # it left meanwhile
                continue
            if not memory.grow(job.job_id):
                return False
            job.grow_step = step + block
            heapq.heapreplace(growths, (job.grow_step, ticket, job))
        return True

    def _grow_or_yield(self, now_s: float) -> list[SimJob]:
        losers = []
        while not self._grow(self.steps):
            worst = max(self.running.values(), key=self._rank)
            self.detach(worst, now_s)
            losers.append(worst)
        self.is_full = True
        return losers

    def _rank(self, job: SimJob) -> tuple[float, ...]:
        """Who keeps memory when it is scarce, the smallest first: as with slots, a job in a
        reserved slot yields to level 0 alone. (By key it would be the first to go, only to
        claim its slot again.)"""
        group = 0 if self.policy.level(job) == 0 else 1 if job.in_reserved_slot else 2
        return (group, *self.policy.key(job))

    def _num_equal_steps(self) -> int:
        num_steps = self._next(self._ends, "end_step") - self.steps
        if self._rises:
            rise = self._next(self._rises, "rise_step")
            num_steps = min(num_steps, rise - self.steps) if rise else num_steps
        free = self.memory.free
        if len(self.running) * (num_steps // self.cost.block_tokens + 1) > free:
            num_steps = self._steps_in(free, num_steps)
        return num_steps

    def _steps_in(self, free: int, most: int) -> int:
        """How many steps, up to `most`, the free blocks last without an eviction."""
        memory, jobs = self.memory, self.running.values()
        low = 1
        while low < most:
            middle = (low + most + 1) // 2
            wanted = sum(
                memory.blocks(job.context_tokens + middle - 1) - memory.held[job.job_id]
                for job in jobs
            )
            low, most = (middle, most) if wanted <= free else (low, middle - 1)
        return low

    def _finish(self, job: SimJob, now_s: float) -> SimJob:
        self._remove(job, now_s)
        self.memory.release(job.job_id)
        self.is_full = False
        job.end_s = now_s
        return job

    def _remove(self, job: SimJob, now_s: float) -> None:
        del self.running[job.job_id]
        self._levels[job.level] -= 1
        job.slot_s += now_s - job.since_s
        if job.decoder is not self:
            del self._readers[job.job_id]
            return
        self._context -= job.context_tokens
        job.stop_decoding()

    def _start_decoding(self, job: SimJob) -> None:
        job.start_decoding(self, self.steps)
        self._context += job.context_tokens
        self._push(self._ends, job.end_step, job)
        block = self.cost.block_tokens
        job.grow_step = self.steps + block - job.context_tokens % block
        self._push(self._growths, job.grow_step, job)
        self._await_rise(job)
        if job.first_token_s is None:
            self._fresh.append(job)

    def _await_rise(self, job: SimJob) -> None:
        tokens = self.policy.tokens_until_rise(job)
        job.rise_step = -1
        if tokens < job.left:
            job.rise_step = self.steps + int(tokens)
            self._push(self._rises, job.rise_step, job)

    def _advance_to(self, steps: int) -> None:
        self._context += (steps - self.steps) * (len(self.running) - len(self._readers))
        self.steps = steps

    def _push(self, moments: Moments, step: int, job: SimJob) -> None:
        self._tickets += 1
        heapq.heappush(moments, (step, self._tickets, job))

    def _next(self, moments: Moments, name: str) -> int:
        """The first step at which something is to happen; 0 for none."""
        while moments:
            step, _, job = moments[0]
            if job.decoder is self and getattr(job, name) == step:
                return step
            heapq.heappop(moments)  # it left meanwhile
        return 0

    def _reached(self, moments: Moments, name: str) -> Iterator[SimJob]:
        while 0 < self._next(moments, name) <= self.steps:
            yield heapq.heappop(moments)[2]
