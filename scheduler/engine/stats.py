"""Counters of the engine's scheduler: what it decided, and what time that cost whom."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from scheduler.engine.job import EngineJob
from scheduler.job import NUM_LEVELS

REMEMBERED_JOBS = 256


class EngineStats:
    """What the scheduler did since the engine started. Times are seconds."""

    def __init__(self, policy: str) -> None:
        self.policy = policy
        self.version = 0  # grows with every change, for whoever copies the counters
        self.slot_preemptions_total = 0  # a slot, memory or tokens for a waiting request
        self.kv_preemptions_total = 0  # vLLM's own: a running request found no KV memory
        self.releases_total = 0  # preempted jobs that kept their KV memory, and lost it later
        self.reread_tokens_total = 0  # computed anew after a preemption
        self.retriages_total = 0
        self.errors_total = 0
        self.refusals_total = 0  # room was made for one that vLLM then did not take
        self.inversion_s = 0.0
        self.decisions_total = 0
        self.decision_s_total = 0.0
        self.decision_s_max = 0.0
        self.first_slots = [0] * NUM_LEVELS
        self.first_slot_wait_s = [0.0] * NUM_LEVELS
        self.preempted_by_urgency = [0] * NUM_LEVELS
        self.waiting_s = [0.0] * NUM_LEVELS  # summed over the jobs of a level
        self.running_s = [0.0] * NUM_LEVELS
        self._preempted_jobs: OrderedDict[str, int] = OrderedDict()
        self._waiting = [0] * NUM_LEVELS
        self._running = [0] * NUM_LEVELS
        self._last_s: float | None = None

    def observe(
        self, now_s: float, running: Sequence[EngineJob], waiting_by_urgency: Sequence[int]
    ) -> None:
        """Add up who waited and who ran since the last step."""
        self.version += 1
        if self._last_s is not None:
            # Somebody more urgent than this holder of a slot waited all the while.
            calmest = max((level for level in range(NUM_LEVELS) if self._running[level]), default=0)
            passed = now_s - self._last_s
            self.inversion_s += passed * sum(self._waiting[:calmest])
            for level in range(NUM_LEVELS):
                self.waiting_s[level] += passed * self._waiting[level]
                self.running_s[level] += passed * self._running[level]
        self._last_s = now_s
        self._waiting = list(waiting_by_urgency)
        self._running = [0] * NUM_LEVELS
        for job in running:
            self._running[job.urgency] += 1

    def idle(self) -> None:
        """Nobody runs or waits: no step will come to say so."""
        self.version += 1
        self._last_s = None
        self._waiting = [0] * NUM_LEVELS
        self._running = [0] * NUM_LEVELS

    def add_decision(self, seconds: float) -> None:
        self.decisions_total += 1
        self.decision_s_total += seconds
        self.decision_s_max = max(self.decision_s_max, seconds)

    def count_preemption(self, job: EngineJob, *, for_memory: bool) -> None:
        """A running job lost its slot: to a waiting one, or to a running one's KV memory."""
        if for_memory:
            self.kv_preemptions_total += 1
        else:
            self.slot_preemptions_total += 1
        self.preempted_by_urgency[job.urgency] += 1
        job.num_preemptions += 1
        if job.tag:
            self._preempted_jobs[job.tag] = job.num_preemptions
            self._preempted_jobs.move_to_end(job.tag)
            while len(self._preempted_jobs) > REMEMBERED_JOBS:
                self._preempted_jobs.popitem(last=False)

    def count_first_slot(self, job: EngineJob | None, now_s: float) -> None:
        """A job holds a slot for the first time."""
        if job is None or job.has_started or job.is_control:
            return
        job.has_started = True
        self.first_slots[job.urgency] += 1
        self.first_slot_wait_s[job.urgency] += now_s - job.arrival_s

    def count_resumed(self, job: EngineJob | None, cached_tokens: int) -> None:
        """A preempted job runs again; so many tokens of its context were still in the cache."""
        if job is not None:
            self.reread_tokens_total += max(0, job.lost_tokens - cached_tokens)
            job.lost_tokens = 0

    def count_error(self) -> bool:
        """Our own code failed, the engine goes on. True the first time: log it once."""
        self.errors_total += 1
        return self.errors_total == 1

    def snapshot(self) -> dict[str, Any]:
        """All counters, by name."""
        return {
            "policy": self.policy,
            "slot_preemptions_total": self.slot_preemptions_total,
            "kv_preemptions_total": self.kv_preemptions_total,
            "preemptions_total": self.slot_preemptions_total + self.kv_preemptions_total,
            "releases_total": self.releases_total,
            "reread_tokens_total": self.reread_tokens_total,
            "retriages_total": self.retriages_total,
            "errors_total": self.errors_total,
            "refusals_total": self.refusals_total,
            "inversion_s": round(self.inversion_s, 4),
            "running": sum(self._running),
            "waiting": sum(self._waiting),
            "decision_us_mean": round(
                1e6 * self.decision_s_total / max(1, self.decisions_total), 1
            ),
            "decision_us_max": round(1e6 * self.decision_s_max, 1),
            "decisions_total": self.decisions_total,
            "decision_s_total": round(self.decision_s_total, 6),
            "by_urgency": {
                str(level): {
                    "running": self._running[level],
                    "waiting": self._waiting[level],
                    "started": self.first_slots[level],
                    "preempted": self.preempted_by_urgency[level],
                    "wait_s_total": round(self.first_slot_wait_s[level], 4),  # for a first slot
                    "waiting_s": round(self.waiting_s[level], 4),
                    "running_s": round(self.running_s[level], 4),
                }
                for level in range(NUM_LEVELS)
            },
            "preempted_jobs": dict(self._preempted_jobs),
        }
