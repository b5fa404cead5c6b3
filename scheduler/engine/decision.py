"""The decision before each step of a real engine: who must yield to whom.

Works on vLLM's scheduler object through the few attributes that
`tests/scheduler/test_vllm_seam.py` pins; imports nothing of vLLM.
"""

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from scheduler.engine.job import EngineJob
from scheduler.engine.paused import PausedJobs
from scheduler.engine.room import Room, reads_prompt, tokens_wanted
from scheduler.engine.waiting import EngineQueue
from scheduler.line import find_victim
from scheduler.policies import Policy

REFUSAL_STEPS = 16
# Levels that calm prompts make room for in advance, and how long after one came more are likely.
LEAST_CALM, URGENT_MEMORY_S = 2, 60.0


@dataclass(slots=True)
class Decision:
    """Makes room for waiting jobs that outrank running ones: slots, KV memory, tokens."""

    engine: Any  # vLLM's scheduler
    policy: Policy
    paused: PausedJobs
    take_slot: Callable[[EngineJob, bool], None]  # from a running job; True: it keeps its blocks
    resume: Callable[[EngineJob], None]  # gives a paused job a slot again
    calm_tokens: int  # of calm prompts in a step, while urgent requests are likely
    num_protected: int = 0  # jobs that hold reserved slots, or are promised one
    step_tokens: int = 0  # that the step to come may compute
    _last_urgent_s: float = -math.inf
    _now_s: float = 0.0
    _protected: frozenset[Hashable] = frozenset()
    _room: Room | None = None  # reckoned up once a step, if need be, then kept up to date
    _promised: list[EngineJob] = field(default_factory=list)  # seated, with room for them
    _favoured: list[EngineJob] = field(default_factory=list)  # others yielded to them

    def expect_urgent(self, job: EngineJob, now_s: float) -> None:
        """Take note of an arrival: where one urgent request came, others may follow."""
        if self._level(job) < LEAST_CALM:
            self._last_urgent_s = now_s

    def run(self, running: list[EngineJob], queue: EngineQueue, now_s: float) -> list[EngineJob]:
        """Preempt who must yield, seat who comes next. Returns who runs on.

        The most deserving come first where that matters: vLLM gives the step's tokens out from
        the first on, and when memory runs short it takes that of the last.
        """
        self._now_s = now_s
        self._room = None
        self._favoured.clear()
        self._promised.clear()
        # Only those that claimed a slot: under a flood every running job may be overdue, and the
        # reserved slots would always look taken.
        self._protected = frozenset(job.job_id for job in running if job.claims_slot)
        self.num_protected = len(self._protected)
        queue.unpark(self._is_ready)
        if queue.has_candidates:
            self._make_room(running, queue)
            queue.line.merge()
        if len(self.paused) and not running and not queue.seated and queue.has_candidates:
            self.paused.release_all()  # nobody can go on: what they hold is in the way
        while len(self.paused) and self._room_beside(running).blocks < 0:
            self.paused.release_worst()
        reads = any(job.request.is_prefill_chunk for job in running)
        if reads or queue.seated or self._num_free_slots(running) > 0:
            self._limit_step(running, queue)
        if reads or self._is_memory_short(running):
            running.sort(key=self._standing)
        return running

    def settle(self, queue: EngineQueue, *, blame: bool) -> int:
        """After the step is filled: put back in line whom vLLM did not take.

        Returns for how many others yielded in vain (an adapter could not be loaded beside the
        others, say); for REFUSAL_STEPS steps nobody yields to them again. Not `blame`: vLLM let
        nobody in at all, which says nothing about one of them.
        """
        queue.clear_seats()
        refused = [job for job in self._favoured if job.job_id in queue] if blame else []
        for job in refused:
            job.no_room_before_step = self.engine.current_step + REFUSAL_STEPS
        self._favoured.clear()
        return len(refused)

    def _make_room(self, running: list[EngineJob], queue: EngineQueue) -> None:
        """Seat those whom there is room for, behind them those whom vLLM refused lately: they
        are the first to be asked if there is room after all, and take nobody's promised room."""
        refused: list[EngineJob] = []
        self._seat_in_turn(running, queue, refused)
        for job in refused:
            if job.is_paused:  # vLLM releases it first, should it come to that
                queue.add(job)
            else:
                queue.seat(job)

    def _seat_in_turn(
        self, running: list[EngineJob], queue: EngineQueue, refused: list[EngineJob]
    ) -> None:
        slots = self.engine.max_num_active_reqs
        while len(queue.line):
            candidate = queue.line.next(
                self._now_s, overdue_running=self.num_protected, num_slots=slots
            )
            if candidate is None:
                return
            claims = queue.line.offers_reserved
            if not self._is_ready(candidate):
                queue.park(candidate)
                continue
            lack = "slot"  # most steps have none, and need not reckon up the rest
            if self._num_free_slots(running) > 0:
                lack = self._lack(candidate, self._room_beside(running))
            if lack:
                if self.engine.current_step < candidate.no_room_before_step:
                    queue.park(candidate)  # out of the way of those behind it
                    refused.append(candidate)
                    continue
                found = self._victims(candidate, claims, running, lack)
                if found is None:
                    return
                victims, released = found
                for job in released:
                    self.paused.release(job)
                for victim, keeps_blocks in victims:
                    running.remove(victim)
                    self.take_slot(victim, keeps_blocks)
                self._favoured.append(candidate)
                self._room_beside(running).have_yielded()
            self._let_in(candidate, claims, running, queue)

    def _let_in(
        self, job: EngineJob, claims: bool, running: list[EngineJob], queue: EngineQueue
    ) -> None:
        room = self._room_beside(running)
        self.num_protected += claims
        if not job.is_paused:
            queue.seat(job, claims_slot=claims)
            self._promised.append(job)
            room.seat(job.request)
            return
        queue.discard(job.job_id)
        job.claims_slot = claims
        if claims:  # it runs from now on, and none of those behind it may take the slot again
            self._protected |= {job.job_id}
        self.resume(job)
        running.append(job)
        room.resume(job.request)

    def _victims(
        self,
        candidate: EngineJob,
        claims: bool,
        running: list[EngineJob],
        lack: str,
    ) -> tuple[list[tuple[EngineJob, bool]], list[EngineJob]] | None:
        """Whom to preempt in favour of `candidate`, each with whether it keeps its blocks, and
        which paused jobs to take the blocks of; all their share given back to the room. None
        when that would not be enough: nobody shall lose anything in vain."""
        left = list(running)
        victims: list[tuple[EngineJob, bool]] = []
        released: list[EngineJob] = []
        may_keep = lack != "memory"
        while lack:
            if lack == "memory":
                room = self._room_beside(running)
                paused = self.paused.worst(candidate, claims=claims, besides=released)
                if paused is not None:
                    room.give_blocks(paused.request)
                    released.append(paused)
                    lack = self._lack(candidate, room)
                    continue
                if may_keep:  # those of the victims are needed as well
                    may_keep = False
                    for job, keeps_blocks in victims:
                        if keeps_blocks:
                            room.give_blocks(job.request)
                    victims = [(job, False) for job, _keeps in victims]
                    lack = self._lack(candidate, room)
                    continue
            victim = find_victim(
                self.policy,
                candidate,
                left if lack != "tokens" else self._readers_below(left, candidate),
                protected=self._protected,
                claims_reserved=claims,
            )
            if victim is None:  # most steps end here, before the room is reckoned up
                if victims or released:
                    self._room = None  # nobody yields, so nothing was given back
                return None
            room = self._room_beside(running)
            keeps_blocks = may_keep and self.paused.takes(victim)
            left.remove(victim)
            victims.append((victim, keeps_blocks))
            room.give_back(victim.request, keeps_blocks=keeps_blocks)
            lack = self._lack(candidate, room)
        return victims, released

    def _num_free_slots(self, running: list[EngineJob]) -> int:
        engine = self.engine
        taken = len(running) + len(self._promised) + engine.num_waiting_for_streaming_input
        return int(engine.max_num_active_reqs - taken)

    def _room_beside(self, running: list[EngineJob]) -> Room:
        """What the step has left beside those running and those it is promised to."""
        if self._room is None:
            requests = (job.request for job in running)
            self._room = Room.of(self.engine, requests, self._calm_tokens())
            for job in self._promised:
                self._room.seat(job.request)
        return self._room

    def _lack(self, candidate: EngineJob, room: Room) -> str:
        return room.lacks(candidate.request, is_calm=self._level(candidate) >= LEAST_CALM)

    def _is_memory_short(self, running: list[EngineJob]) -> bool:
        """Whether some running job may find no block for the tokens of this step."""
        engine = self.engine
        blocks_each = len(engine.kv_cache_config.kv_cache_groups) * (1 + engine.num_spec_tokens)
        free = engine.kv_cache_manager.block_pool.get_num_free_blocks()
        return bool(free < len(running) * blocks_each)

    def _calm_tokens(self) -> int:
        is_likely = self._now_s - self._last_urgent_s < URGENT_MEMORY_S
        return self.calm_tokens if is_likely else int(self.engine.max_num_scheduled_tokens)

    def _limit_step(self, running: list[EngineJob], queue: EngineQueue) -> None:
        """Keep the step short for whoever comes while it computes: an urgent request waits for
        it, and for the next one, which vLLM has planned by then. Only prompts make a step long;
        those of urgent requests are read in one go."""
        calm_tokens = self._calm_tokens()
        if calm_tokens >= self.step_tokens:
            return
        urgent_tokens = 0
        for job in running:
            if self._level(job) < LEAST_CALM and reads_prompt(self.engine, job.request):
                urgent_tokens += tokens_wanted(job.request)
        for job in queue.seated.values():
            if self._level(job) < LEAST_CALM:
                urgent_tokens += job.request.num_tokens
        decoded = len(running) * (1 + self.engine.num_spec_tokens)
        self.step_tokens = min(self.step_tokens, decoded + max(calm_tokens, urgent_tokens))

    def _level(self, job: EngineJob) -> int:
        return self.policy.level(job)

    def _standing(self, job: EngineJob) -> tuple[float, ...]:
        """The policy's key; protected jobs come right behind level 0."""
        key = self.policy.key(job)
        if not self._protected:
            return key
        return (
            0.0 if self._level(job) == 0 else 1.0 if job.job_id in self._protected else 2.0,
            *key,
        )

    def _is_ready(self, job: EngineJob) -> bool:
        """False for one that could not use a slot in this step, so that nobody yields to it."""
        request = job.request
        if job.is_paused:
            return not request.num_output_placeholders  # its last token is still on its way
        if request.num_stale_output_tokens and not request.drop_stale_output:
            return False  # preempted a moment ago, its last token is still on its way
        if self.engine._is_blocked_waiting_status(request.status):
            return bool(self.engine._handle_blocked_waiting_request(request))
        return True

    def _readers_below(self, running: list[EngineJob], candidate: EngineJob) -> list[EngineJob]:
        """Less urgent jobs that still read their prompt: they can give the step's tokens."""
        level = self._level(candidate)
        return [
            job
            for job in running
            if self._level(job) > level and reads_prompt(self.engine, job.request)
        ]
