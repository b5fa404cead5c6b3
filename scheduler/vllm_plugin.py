"""The policies of this library inside the real vLLM engine.

`AsyncEngineArgs(scheduler_cls="scheduler.vllm_plugin.SemanticScheduler")` or
`vllm serve --scheduler-cls …`. Stock vLLM preempts only when KV memory runs out; an urgent
request that finds every slot taken simply waits (vLLM issues 40004, 24365). Here the policy
decides again before every step who holds a slot. Freed blocks stay in the prefix cache until
they are reused, so a resumed request reads little again.

The only file here that imports vllm. Its seam is not declared stable: the version is pinned
and `tests/scheduler/test_vllm_seam.py` fails loudly when it moves.
"""

import logging
import os
import time
from collections.abc import Iterable, Iterator
from typing import Any

from vllm.v1.core.sched.async_scheduler import AsyncScheduler
from vllm.v1.core.sched.request_queue import RequestQueue
from vllm.v1.request import Request

from scheduler.engine.job import EngineJob
from scheduler.engine.stats import EngineStats
from scheduler.line import WaitingLine, find_victim, protected_jobs
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
        self.line.add(self._owner.job_of(request))

    def prepend_request(self, request: Request) -> None:
        self.add_request(request)  # the policy gives it its place

    def prepend_requests(self, requests: Iterable[Request]) -> None:
        for request in requests:
            self.add_request(request)

    def peek_request(self) -> Request:
        job = self._owner.next_in(self.line)
        if job is None:
            raise IndexError("peek from an empty queue")
        return job.request

    def pop_request(self) -> Request:
        request = self.peek_request()
        self.line.discard(request.request_id)
        return request

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
    """vLLM's scheduler with our order, slot preemption and counters.

    A failure in our own code never stops the engine: it is counted, logged once, and the step
    goes on in the order reached so far.
    """

    slot_policy: Policy

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.slot_policy = get_policy(os.environ.get(POLICY_VARIABLE) or DEFAULT_POLICY)
        self.jobs: dict[str, EngineJob] = {}  # request id → job
        self._by_tag: dict[str, str] = {}  # the client's job id → request id
        self.waiting = PolicyRequestQueue(self)
        self.kv_holding_waiting = PolicyRequestQueue(self)
        self._now_s = time.monotonic()
        self._num_protected = 0
        self.stats = EngineStats(self.slot_policy.name, os.environ.get(STATS_VARIABLE, ""))

    def add_request(self, request: Request) -> None:
        """Take a request in; a control request changes another one's urgency on its way."""
        extra = _extra_args(request)
        if "retriage_job_id" in extra:
            self._retriage(extra)
        job = EngineJob.of(request, extra, arrival_s=time.monotonic())
        self.jobs[request.request_id] = job
        if job.tag:
            self._by_tag[job.tag] = request.request_id
        super().add_request(request)

    def schedule(self, *args: Any, **kwargs: Any) -> Any:
        """One step: make room for who deserves it, then let vLLM fill the batch."""
        started = time.perf_counter()
        self._now_s = time.monotonic()
        try:
            self._decide()
        except Exception:
            self.stats.count_error(log)
        self.stats.add_decision(time.perf_counter() - started)
        output = super().schedule(*args, **kwargs)
        for new in output.scheduled_new_reqs:
            self.stats.count_first_slot(self.jobs.get(new.req_id), self._now_s)
        return output

    def update_from_output(self, *args: Any, **kwargs: Any) -> Any:
        """vLLM's bookkeeping after a step; the counters of an idle engine are shown as such."""
        output = super().update_from_output(*args, **kwargs)
        if not self.running and not self.waiting:
            self.stats.idle(time.monotonic())
        return output

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
            self._now_s, overdue_running=self._num_protected, num_slots=self.max_num_running_reqs
        )

    def _free_request(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        job = self.jobs.pop(request.request_id, None)
        if job is not None and self._by_tag.get(job.tag) == request.request_id:
            del self._by_tag[job.tag]
        return super()._free_request(request, *args, **kwargs)

    def _decide(self) -> None:
        running = [self.job_of(request) for request in self.running]
        line = self.waiting.line
        self.stats.observe(self._now_s, running, line)
        protected = protected_jobs(
            self.slot_policy, running, self._now_s, self.max_num_running_reqs
        )
        self._num_protected = len(protected)
        if len(line):
            running = self._make_room(running, protected)
            line.merge()
        # Under the fcfs setting vLLM's victim for KV memory is the last of `running`.
        running.sort(key=self.slot_policy.key)
        self.running[:] = [job.request for job in running]

    def _make_room(self, running: list[EngineJob], protected: frozenset[Any]) -> list[EngineJob]:
        """Preempt who must yield to a waiting job. Returns who still holds a slot."""
        line, policy = self.waiting.line, self.slot_policy
        free = self.max_num_running_reqs - len(running)
        seated: list[EngineJob] = []  # waiting jobs that have a slot coming to them
        overdue_seated = len(protected)
        while len(line):
            candidate = line.next(
                self._now_s,
                overdue_running=overdue_seated,
                num_slots=self.max_num_running_reqs,
            )
            if candidate is None or candidate.is_control:
                break
            claims = candidate.urgency > 0 and policy.is_overdue(candidate, self._now_s)
            claims = claims and overdue_seated < policy.reserved_slots(self.max_num_running_reqs)
            if free > 0:
                free -= 1
            else:
                victim = find_victim(
                    policy, candidate, running, protected=protected, claims_reserved=claims
                )
                if victim is None:
                    break
                running.remove(victim)
                self._take_slot(victim)
            overdue_seated += claims
            line.discard(candidate.job_id)
            seated.append(candidate)
        for job in seated:
            line.add(job)
        return running

    def _take_slot(self, victim: EngineJob) -> None:
        self.running.remove(victim.request)
        self._preempt_request(victim.request, time.monotonic())
        self.stats.count_preemption(victim)

    def _retriage(self, extra: dict[str, Any]) -> None:
        """Give a waiting or running job another urgency, and another prediction if told."""
        request_id = self._by_tag.get(str(extra["retriage_job_id"]))
        job = self.jobs.get(request_id) if request_id else None
        if job is None:
            return  # it has ended meanwhile
        waits = job.job_id in self.waiting.line
        if waits:
            self.waiting.line.discard(job.job_id)
        job.retriage(extra)
        if waits:
            self.waiting.line.add(job)
        self.stats.retriages_total += 1


def _extra_args(request: Request) -> dict[str, Any]:
    params = request.sampling_params
    return dict(params.extra_args or {}) if params is not None else {}
