"""The decision before each step of a real engine: who must yield to whom.

Works on vLLM's scheduler object through the few attributes that
`tests/scheduler/test_vllm_seam.py` pins; imports nothing of vLLM.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from scheduler.engine.job import EngineJob
from scheduler.engine.room import Room, tokens_wanted
from scheduler.line import WaitingLine, find_victim, protected_jobs
from scheduler.policies import Policy


@dataclass(slots=True)
class Decision:
    """Makes room for waiting jobs that outrank running ones: slots, KV memory, tokens."""

    engine: Any  # vLLM's scheduler
    policy: Policy
    take_slot: Callable[[EngineJob], None]  # preempts a running job
    num_protected: int = 0  # running overdue jobs that hold reserved slots
    _now_s: float = 0.0
    _protected: frozenset[Hashable] = frozenset()
    _seated: list[EngineJob] = field(default_factory=list)  # waiting jobs with a promised slot
    _unready: list[EngineJob] = field(default_factory=list)  # could not use a slot now

    def run(
        self, running: list[EngineJob], line: WaitingLine[EngineJob], now_s: float
    ) -> list[EngineJob]:
        """Preempt who must yield. Returns who still runs, the most deserving first."""
        self._now_s = now_s
        slots = self.engine.max_num_running_reqs
        self._protected = protected_jobs(self.policy, running, now_s, slots)
        self.num_protected = len(self._protected)
        if len(line):
            try:
                self._make_room(running, line)
            finally:
                for job in (*self._seated, *self._unready):
                    line.add(job)  # vLLM itself takes them out, in this order
                self._seated.clear()
                self._unready.clear()
            line.merge()
        running.sort(key=self.policy.key)
        return running

    def _make_room(self, running: list[EngineJob], line: WaitingLine[EngineJob]) -> None:
        slots = self.engine.max_num_running_reqs
        num_overdue = self.num_protected
        reserved = self.policy.reserved_slots(slots)
        room = self._room(running)
        while len(line):
            candidate = line.next(self._now_s, overdue_running=num_overdue, num_slots=slots)
            if candidate is None:
                return
            if not self._is_ready(candidate.request):
                line.discard(candidate.job_id)
                self._unready.append(candidate)
                continue
            claims = (
                candidate.urgency > 0
                and num_overdue < reserved
                and self.policy.is_overdue(candidate, self._now_s)
            )
            while lack := room.lacks(candidate.request):
                if not self._free_for(candidate, lack, claims, running):
                    return
                room = self._room(running, self._seated)
            line.discard(candidate.job_id)
            self._seated.append(candidate)
            room.seat(candidate.request)
            num_overdue += claims

    def _free_for(
        self, candidate: EngineJob, lack: str, claims: bool, running: list[EngineJob]
    ) -> bool:
        """Preempt one running job in favour of `candidate`. False when none must yield."""
        victim = find_victim(
            self.policy,
            candidate,
            running if lack != "tokens" else _readers_below(running, candidate),
            protected=self._protected,
            claims_reserved=claims,
        )
        if victim is None:
            return False
        running.remove(victim)
        self.take_slot(victim)
        return True

    def _room(self, running: list[EngineJob], seated: Iterable[EngineJob] = ()) -> Room:
        """What the next step has left beside those running and those promised a slot."""
        engine = self.engine
        manager = engine.kv_cache_manager
        chunk = engine.scheduler_config.long_prefill_token_threshold
        wanted = sum(tokens_wanted(job.request, chunk) for job in running)
        room = Room(
            slots=engine.max_num_active_reqs
            - len(running)
            - engine.num_waiting_for_streaming_input,
            blocks=manager.block_pool.get_num_free_blocks(),
            tokens=max(0, engine.max_num_scheduled_tokens - wanted),
            step_tokens=engine.max_num_scheduled_tokens,
            block_size=engine.block_size,
            watermark_blocks=manager.watermark_blocks,
            groups=max(1, len(engine.kv_cache_config.kv_cache_groups)),
        )
        for job in seated:
            room.seat(job.request)
        return room

    def _is_ready(self, request: Any) -> bool:
        """False for one that could not use a slot in this step, so that nobody yields to it."""
        if request.num_stale_output_tokens and not request.drop_stale_output:
            return False  # preempted a moment ago, its last token is still on its way
        if self.engine._is_blocked_waiting_status(request.status):
            return bool(self.engine._handle_blocked_waiting_request(request))
        return True


def _readers_below(running: list[EngineJob], candidate: EngineJob) -> list[EngineJob]:
    """Less urgent jobs that still read their prompt: they can give the step's tokens."""
    return [
        job for job in running if job.urgency > candidate.urgency and tokens_wanted(job.request) > 1
    ]
