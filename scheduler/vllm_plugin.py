"""The policies of this library inside the real vLLM engine.

`AsyncEngineArgs(scheduler_cls="scheduler.vllm_plugin.SemanticScheduler")` or
`vllm serve --scheduler-cls …`. Stock vLLM preempts only when a running request finds no KV
memory; an urgent request that finds every slot or block taken simply waits (vLLM issues 40004,
24365). Here the policy decides again before every step who holds a slot. Freed blocks stay in
the prefix cache until they are reused, so a resumed request reads little again.

Its seam is not declared stable: the version is pinned and `tests/scheduler/test_vllm_seam.py`
fails loudly when it moves.
"""

import logging
import os
import time
from collections.abc import Iterable, Iterator
from typing import Any

from vllm.v1.core.sched.async_scheduler import AsyncScheduler
from vllm.v1.core.sched.request_queue import RequestQueue
from vllm.v1.engine import EngineCoreOutput, EngineCoreOutputs, FinishReason
from vllm.v1.request import Request

from scheduler.engine.decision import Decision
from scheduler.engine.guard import GuardedPolicy
from scheduler.engine.job import EngineJob
from scheduler.engine.stats import EngineStats
from scheduler.line import WaitingLine
from scheduler.policies import Policy, get_policy

log = logging.getLogger(__name__)

POLICY_VARIABLE = "SEMTRIAGE_POLICY"
STATS_VARIABLE = "SEMTRIAGE_STATS_FILE"
DEFAULT_POLICY = "semantic-plus"


class PolicyRequestQueue(RequestQueue):  # type: ignore[misc]  # vllm carries no types here
    """vLLM's queue interface over our waiting line."""

    def __init__(self, owner: "SemanticScheduler") -> None:
        self._owner = owner
        self.line: WaitingLine[EngineJob] = WaitingLine(owner.slot_policy)

    def add_request(self, request: Request) -> None:
        self.line.discard(request.request_id)  # never twice
        self.line.add(self._owner.job_of(request))

    def prepend_request(self, request: Request) -> None:
        self.add_request(request)  # the policy gives it its place

    def prepend_requests(self, requests: Iterable[Request]) -> None:
        for request in requests:
            self.add_request(request)

    def peek_request(self) -> Request:
        return self._first().request

    def pop_request(self) -> Request:
        job = self._first()
        self.line.discard(job.job_id)
        self._owner.count_reserved(job)
        return job.request

    def _first(self) -> EngineJob:
        job = self._owner.next_in(self.line)
        if job is None:
            raise IndexError("the queue is empty")
        return job

    def remove_request(self, request: Request) -> None:
        self.line.discard(request.request_id)

    def remove_requests(self, requests: Iterable[Request]) -> None:
        for request in requests:
            self.line.discard(request.request_id)

    def __bool__(self) -> bool:
        return len(self.line) > 0

    def __len__(self) -> int:
        return len(self.line)

    def __iter__(self) -> Iterator[Request]:
        policy = self._owner.slot_policy
        return (job.request for job in sorted(self.line, key=policy.key))


class SemanticScheduler(AsyncScheduler):  # type: ignore[misc]  # vllm carries no types here
    """vLLM's scheduler with our order, preemption for waiting requests, and counters.

    A failure in our own code never stops the engine: it is counted, logged once, and the step
    goes on in the order reached so far; a failing policy is replaced by urgency and arrival.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        policy = get_policy(os.environ.get(POLICY_VARIABLE) or DEFAULT_POLICY)
        self.stats = EngineStats(policy.name, os.environ.get(STATS_VARIABLE, ""))
        self.slot_policy: Policy = GuardedPolicy(policy, self._on_error)
        self.jobs: dict[str, EngineJob] = {}  # request id → job
        self._by_tag: dict[str, str] = {}  # the client's job id → request id
        self._controls: list[Request] = []  # to be answered at the end of the step
        self.waiting = PolicyRequestQueue(self)
        self.kv_holding_waiting = PolicyRequestQueue(self)
        self._now_s = time.monotonic()
        self._makes_room = False
        self._decision = Decision(self, self.slot_policy, self._take_slot)

    # What vLLM calls

    def add_request(self, request: Request) -> None:
        """Take a request in. A control request changes another one and needs no slot itself."""
        extra = _extra_args(request)
        if "retriage_job_id" in extra:
            self._guarded(self._retriage, extra)
            self._controls.append(request)
            return
        if request.request_id not in self.requests:  # else: more input for an open session
            job = EngineJob.of(request, extra, arrival_s=time.monotonic())
            self.jobs[request.request_id] = job
            if job.tag:
                self._by_tag[job.tag] = request.request_id
        super().add_request(request)

    def has_requests(self) -> bool:
        return bool(self._controls) or bool(super().has_requests())

    def schedule(self, *args: Any, **kwargs: Any) -> Any:
        """One step: make room for who deserves it, then let vLLM fill the batch."""
        started = time.perf_counter()
        self._now_s = time.monotonic()
        self._guarded(self._decide)
        self.stats.add_decision(time.perf_counter() - started)
        output = super().schedule(*args, **kwargs)
        for new in output.scheduled_new_reqs:
            self.stats.count_first_slot(self.jobs.get(new.req_id), self._now_s)
        return output

    def update_from_output(self, *args: Any, **kwargs: Any) -> Any:
        """vLLM's bookkeeping after a step; control requests get their empty answer here."""
        outputs = super().update_from_output(*args, **kwargs)
        controls, self._controls = self._controls, []
        for request in controls:
            answer = EngineCoreOutput(request.request_id, [], finish_reason=FinishReason.LENGTH)
            outputs.setdefault(request.client_index, EngineCoreOutputs()).outputs.append(answer)
            if self.finished_req_ids_dict is not None:
                self.finished_req_ids_dict[request.client_index].add(request.request_id)
        if not self.running and not self.waiting:
            self._guarded(self.stats.idle, time.monotonic())
        return outputs

    def shutdown(self) -> None:
        self._guarded(self.stats.idle, time.monotonic())
        super().shutdown()

    def _preempt_request(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super()._preempt_request(request, *args, **kwargs)
        self.stats.count_preemption(self.job_of(request), for_memory=not self._makes_room)

    def _free_request(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        job = self.jobs.pop(request.request_id, None)
        if job is not None and self._by_tag.get(job.tag) == request.request_id:
            del self._by_tag[job.tag]
        return super()._free_request(request, *args, **kwargs)

    # What our queue asks

    def job_of(self, request: Request) -> EngineJob:
        """The job of a request; made anew for one that did not come through add_request."""
        job = self.jobs.get(request.request_id)
        if job is None:
            job = EngineJob.of(request, _extra_args(request), arrival_s=time.monotonic())
            self.jobs[request.request_id] = job
        return job

    def next_in(self, line: WaitingLine[EngineJob]) -> EngineJob | None:
        """Whose turn it is, by the policy and its wait targets."""
        return line.next(
            self._now_s,
            overdue_running=self._decision.num_protected,
            num_slots=self.max_num_running_reqs,
        )

    def count_reserved(self, job: EngineJob) -> None:
        """A job leaves the line for a slot; an overdue one uses up a reserved slot."""
        if job.urgency > 0 and self.slot_policy.is_overdue(job, self._now_s):
            self._decision.num_protected += 1

    # The decision

    def _decide(self) -> None:
        running = [self.job_of(request) for request in self.running]
        self.stats.observe(self._now_s, running, self.waiting.line)
        running = self._decision.run(running, self.waiting.line, self._now_s)
        # Under the fcfs setting vLLM's victim for KV memory is the last of `running`, and who
        # comes first gets the step's tokens first.
        self.running[:] = [job.request for job in running]

    def _take_slot(self, victim: EngineJob) -> None:
        self.running.remove(victim.request)
        self._makes_room = True
        try:
            self._preempt_request(victim.request, time.monotonic())
        finally:
            self._makes_room = False

    def _retriage(self, extra: dict[str, Any]) -> None:
        """Give a waiting or running job another urgency, and another prediction if told."""
        request_id = self._by_tag.get(str(extra["retriage_job_id"]))
        job = self.jobs.get(request_id) if request_id else None
        if job is None:
            return  # it has ended meanwhile
        line = next((q.line for q in (self.waiting, self.kv_holding_waiting)
                     if job.job_id in q.line), None)  # fmt: skip
        if line is not None:
            line.discard(job.job_id)
        job.retriage(extra)
        if line is not None:
            line.add(job)
        self.stats.retriages_total += 1

    def _guarded(self, action: Any, *args: Any) -> None:
        try:
            action(*args)
        except Exception as error:
            self._on_error(error)

    def _on_error(self, error: Exception) -> None:
        if self.stats.count_error():
            log.error("The scheduler's own code failed; the engine goes on", exc_info=error)


def _extra_args(request: Request) -> dict[str, Any]:
    params = request.sampling_params
    return dict(params.extra_args or {}) if params is not None else {}
