"""One engine on a virtual clock: continuous batching, decisions between steps.

Runs of identical decode steps are jumped over in one go, up to the next moment at which a
decision could change: an arrival, an end, a prediction outlived, a wait target passed. The
result is exact and the same on every machine.

Deviation from the paper: its batches are all-prefill or all-decode, a new one beginning when
the old has ended; here, as in today's engines, a request joins the running batch as soon as it
has a slot, its prompt read in a step of its own (all newcomers of a moment side by side, which
is how the paper's reported times come about).
"""

from dataclasses import dataclass, field
from math import ceil

from scheduler.line import WaitingLine, find_victim, protected_jobs
from scheduler.policies import Policy
from scheduler.policies.semantic_plus import SemanticPlus
from scheduler.sim.cost import CostModel
from scheduler.sim.kv import KvMemory
from scheduler.sim.workload import Request, Workload

OUTLIVED_STRIDE = 8  # steps between looks at jobs whose estimate grows


@dataclass(slots=True)
class SimJob:
    """A request on its way through the engine. Satisfies scheduler.job.Job."""

    request: Request
    job_id: int
    urgency: int
    arrival_s: float
    prompt_tokens: int
    predicted_output_tokens: float
    generated_tokens: int = 0
    unread_tokens: int = 0  # must be (re-)read before the next token
    first_token_s: float | None = None
    end_s: float | None = None
    slot_s: float = 0.0
    num_preemptions: int = 0

    @property
    def context_tokens(self) -> int:
        return self.prompt_tokens + self.generated_tokens

    @property
    def left(self) -> int:
        return self.request.output_tokens - self.generated_tokens


@dataclass(slots=True)
class Result:
    """What happened: the jobs with their moments, and the engine's counters."""

    jobs: list[SimJob]
    end_s: float
    preemptions: int = 0
    reread_tokens: int = 0
    inversion_s: float = 0.0
    kv_peak_blocks: int = 0
    num_decisions: int = 0


@dataclass
class _State:
    policy: Policy
    cost: CostModel
    slots: int
    line: WaitingLine[SimJob]
    memory: KvMemory
    running: list[SimJob] = field(default_factory=list)
    now_s: float = 0.0


def simulate(workload: Workload, policy: Policy, cost: CostModel) -> Result:
    """Serve a workload to its end under one policy. Raises ValueError when a request is larger
    than the whole KV memory."""
    jobs = [_job(request) for request in workload.requests]
    state = _State(policy, cost, workload.slots, WaitingLine(policy), KvMemory(cost))
    _refuse_giants(jobs, state.memory)
    result = Result(jobs, 0.0)
    arrived = 0
    while arrived < len(jobs) or state.running or len(state.line):
        if not state.running and not len(state.line):
            state.now_s = max(state.now_s, jobs[arrived].arrival_s)
        while arrived < len(jobs) and jobs[arrived].arrival_s <= state.now_s:
            state.line.add(jobs[arrived])
            arrived += 1
        _decide(state, result)
        next_arrival_s = jobs[arrived].arrival_s if arrived < len(jobs) else float("inf")
        _advance(state, result, next_arrival_s)
        state.line.merge()
    result.end_s = state.now_s
    result.kv_peak_blocks = state.memory.peak
    return result


def _job(request: Request) -> SimJob:
    return SimJob(
        request, request.id, request.seen_urgency, request.arrival_s, request.prompt_tokens,
        request.predicted_output_tokens, unread_tokens=request.prompt_tokens,
    )  # fmt: skip


def _refuse_giants(jobs: list[SimJob], memory: KvMemory) -> None:
    for job in jobs:
        if memory.blocks(job.prompt_tokens + job.request.output_tokens) > memory.capacity:
            raise ValueError(f"request {job.job_id}: prompt and output exceed the KV memory")


def _decide(state: _State, result: Result) -> None:
    """Fill free slots, then let who deserves it take one from the least deserving."""
    result.num_decisions += 1
    policy, line = state.policy, state.line
    protected = protected_jobs(policy, state.running, state.now_s, state.slots)
    overdue = len(protected)
    while len(line):
        job = line.next(state.now_s, overdue_running=overdue, num_slots=state.slots)
        assert job is not None
        due = policy.is_overdue(job, state.now_s) and overdue < policy.reserved_slots(state.slots)
        claims = due and job.urgency > 0
        if len(state.running) >= state.slots:
            victim = find_victim(
                policy, job, state.running, protected=protected, claims_reserved=claims
            )
            if victim is None:
                return
            _preempt(state, result, victim)
        line.discard(job.job_id)
        job.unread_tokens = state.memory.resume(job.job_id, job.context_tokens)
        state.running.append(job)
        overdue += claims
        if not _fits(state, result, job):
            return


def _fits(state: _State, result: Result, job: SimJob) -> bool:
    """Give the job its memory, at the cost of less deserving ones. False: it waits again."""
    while not state.memory.hold(job.job_id, job.context_tokens + 1):
        worst = max(state.running, key=state.policy.key)
        _preempt(state, result, worst)
        if worst is job:
            return False
    return True


def _preempt(state: _State, result: Result, victim: SimJob) -> None:
    state.running.remove(victim)
    state.memory.keep(victim.job_id, state.policy.key(victim))
    victim.num_preemptions += 1
    result.preemptions += 1
    state.line.add(victim)


def _advance(state: _State, result: Result, next_arrival_s: float) -> None:
    """Read what is unread, else decode until something can change."""
    if not state.running:
        return
    newcomers = [job for job in state.running if job.unread_tokens]
    if newcomers:
        seconds = 0.0
        for job in newcomers:
            fresh = job.generated_tokens == 0 and job.unread_tokens == job.prompt_tokens
            cost = state.cost.prefill_s if fresh else state.cost.refill_s
            # The prompts of a batch are read side by side: it takes as long as the longest.
            seconds = max(seconds, cost(job.unread_tokens))
            result.reread_tokens += 0 if fresh else job.unread_tokens
            job.unread_tokens = 0
        _pass_time(state, result, seconds)
        return
    steps = _steps_to_jump(state, next_arrival_s)
    context = sum(job.context_tokens for job in state.running)
    batch = len(state.running)
    first_s = state.now_s + state.cost.decode_s(context)
    # Each step adds one token of context per job: an arithmetic series.
    seconds = steps * state.cost.decode_s(context) + state.cost.d1 * batch * steps * (steps - 1) / 2
    _pass_time(state, result, seconds)
    for job in list(state.running):
        if job.first_token_s is None:
            job.first_token_s = first_s
        job.generated_tokens += steps
        if job.left <= 0:
            job.end_s = state.now_s
            state.running.remove(job)
            state.memory.release(job.job_id)
    for job in sorted(state.running, key=state.policy.key):
        if job in state.running:
            _fits(state, result, job)


def _steps_to_jump(state: _State, next_arrival_s: float) -> int:
    steps = min(job.left for job in state.running)
    step_s = state.cost.decode_s(sum(job.context_tokens for job in state.running))
    if next_arrival_s < float("inf"):
        steps = min(steps, max(1, ceil((next_arrival_s - state.now_s) / step_s)))
    if len(state.line) and isinstance(state.policy, SemanticPlus):
        for job in state.running:
            to_prediction = int(job.predicted_output_tokens) - job.generated_tokens
            steps = min(steps, to_prediction if to_prediction > 0 else OUTLIVED_STRIDE)
        for job in state.line:
            target_s = job.arrival_s + state.policy.targets_s[job.urgency]
            if target_s > state.now_s:
                steps = min(steps, max(1, int((target_s - state.now_s) / step_s) + 1))
    # Memory grows by a block now and then; look again before it could run out.
    return max(1, min(steps, 512))


def _pass_time(state: _State, result: Result, seconds: float) -> None:
    state.now_s += seconds
    for job in state.running:
        job.slot_s += seconds
    calmest = max(job.urgency for job in state.running)
    result.inversion_s += seconds * sum(state.line.num_by_urgency[:calmest])
