"""The policies of this library inside the real vLLM engine.

`AsyncEngineArgs(scheduler_cls="scheduler.vllm_plugin.SemanticScheduler")` or
`vllm serve --scheduler-cls …`. Stock vLLM preempts only when a running request finds no KV
memory; an urgent request that finds every slot or block taken simply waits (vLLM issues 40004,
24365). Here the policy decides again before every step who holds a slot. Who loses one keeps its
KV blocks while nobody needs them (`scheduler.engine.paused`), and goes on where it stopped.

Its seam is not declared stable: the version is pinned and `tests/scheduler/test_vllm_seam.py`
fails loudly when it moves.
"""

import logging
import time
from functools import partial
from typing import Any

from vllm.v1.core.sched.async_scheduler import AsyncScheduler
from vllm.v1.core.sched.interface import PauseState
from vllm.v1.engine import EngineCoreEventType, EngineCoreOutput, EngineCoreOutputs, FinishReason
from vllm.v1.request import Request

from scheduler.engine.decision import Decision
from scheduler.engine.guard import GuardedPolicy
from scheduler.engine.job import EngineJob
from scheduler.engine.options import EngineOptions
from scheduler.engine.paused import PausedJobs
from scheduler.engine.request_queue import PolicyRequestQueue
from scheduler.engine.stats import EngineStats
from scheduler.engine.stats_file import StatsFile
from scheduler.engine.waiting import EngineQueue
from scheduler.policies import Policy, get_policy

log = logging.getLogger(__name__)


class SemanticScheduler(AsyncScheduler):  # type: ignore[misc]  # vllm carries no types here
    """vLLM's scheduler with our order, preemption for waiting requests, and counters.

    A failure in our own code never stops the engine: it is counted, logged once, and the step
    goes on in the order reached so far; a failing policy is replaced by urgency and arrival.
    """

    max_num_scheduled_tokens: int  # in a step; vLLM's, ours to lower for one step

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._step_tokens = int(self.max_num_scheduled_tokens)
        may_split = self.scheduler_config.enable_chunked_prefill
        options = EngineOptions.read(self._step_tokens, may_split=may_split)
        policy = get_policy(options.policy)
        self.stats = EngineStats(policy.name)
        self._stats_file = StatsFile(self.stats, options.stats_path) if options.stats_path else None
        self.slot_policy: Policy = GuardedPolicy(policy, self._on_error)
        self.jobs: dict[str, EngineJob] = {}  # request id → job
        self._by_tag: dict[str, set[str]] = {}  # the client's job id → its requests, n for n texts
        self._controls: list[Request] = []  # to be answered at the end of the step
        self.waiting = PolicyRequestQueue(self)
        self.kv_holding_waiting = PolicyRequestQueue(self)
        self._now_s = time.monotonic()
        self._makes_room = False
        self._paused = PausedJobs(self, self.slot_policy, self.release)
        self._decision = Decision(
            self, self.slot_policy, self._paused, self._take_slot, self._resume, options.calm_tokens
        )

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
                self._by_tag.setdefault(job.tag, set()).add(request.request_id)
            self._guarded(self._decision.expect_urgent, job, job.arrival_s)
        super().add_request(request)

    def has_requests(self) -> bool:
        return bool(self._controls) or bool(super().has_requests())

    def schedule(self, *args: Any, **kwargs: Any) -> Any:
        """One step: make room for who deserves it, then let vLLM fill the batch."""
        started = time.perf_counter()
        self._now_s = time.monotonic()
        self.waiting.forget_peek()
        self.kv_holding_waiting.forget_peek()
        self._decision.step_tokens = self._step_tokens
        if not self._guarded(self._decide):
            self.waiting.places.unpark()  # hide nobody from vLLM
        self.stats.add_decision(time.perf_counter() - started)
        output = self._fill_step(*args, **kwargs)
        self._count_admitted(output)
        return output

    def _fill_step(self, *args: Any, **kwargs: Any) -> Any:
        """vLLM's own scheduling, within the tokens that the decision left the step."""
        kv_preemptions = self.stats.kv_preemptions_total
        self.max_num_scheduled_tokens = self._decision.step_tokens
        try:
            output = super().schedule(*args, **kwargs)
            is_full = output.total_num_scheduled_tokens >= self.max_num_scheduled_tokens
        finally:
            self.max_num_scheduled_tokens = self._step_tokens
        # When running requests found no memory, or no token is left, vLLM lets nobody in.
        blame = not is_full and self.stats.kv_preemptions_total == kv_preemptions
        self._guarded(self._settle, blame)
        return output

    def _count_admitted(self, output: Any) -> None:
        for new in output.scheduled_new_reqs:
            job = self.jobs.get(new.req_id)
            self.stats.count_first_slot(job, self._now_s)
            self.stats.count_resumed(job, new.num_computed_tokens)  # the newer runner's way
        cached = output.scheduled_cached_reqs
        if cached.resumed_req_ids:
            for name, num_tokens in zip(cached.req_ids, cached.num_computed_tokens, strict=True):
                if name in cached.resumed_req_ids:
                    self.stats.count_resumed(self.jobs.get(name), num_tokens)

    def update_from_output(self, *args: Any, **kwargs: Any) -> Any:
        """vLLM's bookkeeping after a step; control requests get their empty answer here."""
        outputs = super().update_from_output(*args, **kwargs)
        controls, self._controls = self._controls, []
        for request in controls:
            answer = EngineCoreOutput(request.request_id, [], finish_reason=FinishReason.LENGTH)
            outputs.setdefault(request.client_index, EngineCoreOutputs()).outputs.append(answer)
            if self.finished_req_ids_dict is not None:
                self.finished_req_ids_dict[request.client_index].add(request.request_id)
        if not self.running and not len(self.waiting):
            self.stats.idle()
        return outputs

    def reset_prefix_cache(self, reset_running_requests: bool = False, *args: Any) -> bool:
        """vLLM's; who is paused holds blocks like one that runs."""
        if reset_running_requests:
            self._paused.release_all()
        return bool(super().reset_prefix_cache(reset_running_requests, *args))

    def shutdown(self) -> None:
        self.stats.idle()
        if self._stats_file is not None:
            self._stats_file.close()
        super().shutdown()

    def _preempt_request(self, request: Request, *args: Any, **kwargs: Any) -> None:
        job = self.job_of(request)
        job.lost_tokens = request.num_computed_tokens
        super()._preempt_request(request, *args, **kwargs)
        if job.is_paused:  # counted when it lost its slot
            self._paused.discard(job)
            request.num_preemptions -= 1
            if self.log_stats:
                request.events.pop()
            self.stats.releases_total += 1
        else:
            self.stats.count_preemption(job, for_memory=not self._makes_room)

    def _free_request(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        job = self.jobs.pop(request.request_id, None)
        if job is not None and job.is_paused:
            self._paused.discard(job)
            self.waiting.places.discard(job.job_id)
        if job is not None and (names := self._by_tag.get(job.tag)) is not None:
            names.discard(request.request_id)
            if not names:
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

    def next_in(self, places: EngineQueue) -> EngineJob | None:
        """Who comes behind the seated ones, by the policy and its wait targets."""
        job = places.line.next(
            self._now_s,
            overdue_running=self._decision.num_protected,
            num_slots=self.max_num_active_reqs,
        )
        if job is not None:
            job.claims_slot = places.line.offers_reserved
        return job

    def count_claim(self, job: EngineJob) -> None:
        """vLLM takes a job that had no seat; a reserved slot may have been due to it."""
        self._decision.num_protected += job.claims_slot

    def release(self, job: EngineJob) -> None:
        """The blocks of a paused job are needed: it is preempted in vLLM's way after all."""
        self._preempt(job)

    # The decision

    def _decide(self) -> None:
        places = self.waiting.places
        running = [self.job_of(request).refresh() for request in self.running]
        self.stats.observe(self._now_s, running, places.num_by_urgency())
        if self._pause_state != PauseState.UNPAUSED:
            if self._pause_state == PauseState.PAUSED_NEW:
                self._paused.release_all()  # those that run to their end may need the blocks
            return  # nobody is let in: who lost a slot now would not get it back
        running = self._decision.run(running, places, self._now_s)
        self.running[:] = [job.request for job in running]

    def _settle(self, blame: bool) -> None:
        self.stats.refusals_total += self._decision.settle(self.waiting.places, blame=blame)

    def _take_slot(self, victim: EngineJob, keeps_blocks: bool) -> None:
        request = victim.request
        self.running.remove(request)
        if keeps_blocks:
            request.num_preemptions += 1
            if self.log_stats:
                request.record_event(EngineCoreEventType.PREEMPTED, time.monotonic())
            self._paused.add(victim)
            self.waiting.places.park(victim)
            self.stats.count_preemption(victim, for_memory=False)
            return
        self._makes_room = True
        try:
            self._preempt(victim)
        finally:
            self._makes_room = False

    def _resume(self, job: EngineJob) -> None:
        """A paused job gets a slot again."""
        self._paused.discard(job)
        self.running.append(job.request)
        if self.log_stats:
            job.request.record_event(EngineCoreEventType.SCHEDULED, time.monotonic())

    def _preempt(self, job: EngineJob) -> None:
        self._preempt_request(
            job.request, time.monotonic(), drop_stale_output=self.requires_kv_delivery
        )

    def _retriage(self, extra: dict[str, Any]) -> None:
        """Give a waiting or running job another urgency, and another prediction if told."""
        names = self._by_tag.get(str(extra["retriage_job_id"]), set())  # none: it has ended
        for job in [self.jobs[name] for name in names]:
            holder = next((q for q in (self.waiting, self.kv_holding_waiting)
                           if job.job_id in q.places), None)  # fmt: skip
            if holder is None:
                job.retriage(extra)
            else:
                holder.places.change(job, partial(job.retriage, extra))
        self.stats.retriages_total += bool(names)

    def _guarded(self, action: Any, *args: Any) -> bool:
        """Whether the action went well."""
        try:
            action(*args)
        except Exception as error:
            self._on_error(error)
            return False
        return True

    def _on_error(self, error: Exception) -> None:
        if self.stats.count_error():
            log.error("The scheduler's own code failed; the engine goes on", exc_info=error)


def _extra_args(request: Request) -> dict[str, Any]:
    params = request.sampling_params
    return dict(params.extra_args or {}) if params is not None else {}
