"""The simulator: discrete events on a virtual clock, the same loop and policies as the engine.

One queue feeds all engines. Every arrival, every end of a step and every wait target that passes
is an event; at each the simulation seats whom the policy wants seated. A free slot goes to
whoever is next; without one the least deserving running job anywhere yields, if the policy says
so, at the next boundary of its engine's steps. Engines jump over equal steps, and only those
whose batch is to change are interrupted. The result is exact and the same on every machine.

Cost per event: O(log n) in waiting and running jobs, O(slots of one engine).
"""

import heapq
import math
from collections.abc import Callable

from scheduler.job import NUM_LEVELS
from scheduler.line import WaitingLine
from scheduler.policies import Policy
from scheduler.seats import Seats
from scheduler.sim.arrivals import arrivals
from scheduler.sim.batching import Batching, Continuous
from scheduler.sim.cost import CostModel
from scheduler.sim.engine import Engine
from scheduler.sim.job import Result, SimJob
from scheduler.sim.predictor import Predictor
from scheduler.sim.workload import Workload


class Simulation:
    """Serves a workload under one policy. Call `step` until it says False."""

    def __init__(
        self,
        workload: Workload,
        policy: Policy,
        cost: CostModel,
        *,
        num_engines: int = 1,
        batching: Batching | None = None,
        predictor: Predictor | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """`clock`, such as time.perf_counter, times every decision.

        Raises ValueError when a request is larger than an engine's whole KV memory.
        """
        if num_engines < 1:
            raise ValueError("engines: a whole number above 0 is needed")
        self.policy = policy
        self._clock = clock
        self.result = Result([])
        self.line: WaitingLine[SimJob] = WaitingLine(policy)
        self.seats: Seats[SimJob] = Seats(policy, self._sync)
        self.now_s = 0.0
        self.num_ended = 0
        batching = batching or Continuous()
        self.engines = [
            Engine(index, workload.slots, policy, cost, batching, self.result)
            for index in range(num_engines)
        ]
        self.num_slots = num_engines * workload.slots
        self._running_by_urgency = [0] * NUM_LEVELS
        self._arrivals = arrivals(workload, policy, predictor, self.engines[0].memory)
        self._next = next(self._arrivals, None)
        self._events: list[tuple[float, int, int]] = []  # (moment, engine, its version)
        self._reserved = policy.reserved_slots(self.num_slots)
        # (minus its free slots, engine): the emptiest first; what has changed since is dropped
        # when it comes to the top.
        self._open = [(-workload.slots, index) for index in range(num_engines)]
        self._refused: tuple[SimJob, bool] | None = None  # who found nobody to yield last
        self._between: dict[Engine, None] = {}  # at a boundary now, to be started

    def step(self) -> bool:
        """Go on to the next event and decide. False when all is done."""
        now_s = self._next_event_s()
        if now_s == math.inf:
            self._end()
            return False
        self._pass_time(now_s)
        while self._next is not None and self._next[0] <= now_s:
            self.result.jobs.append(self._next[1])
            self.line.add(self._next[1])
            self._next = next(self._arrivals, None)
        while self._events and self._events[0][0] <= now_s:
            _, index, version = heapq.heappop(self._events)
            if self.engines[index].version == version:
                self._arrive(self.engines[index])
        self._seat_and_start()
        self.line.merge()
        return True

    # Events

    def _next_event_s(self) -> float:
        events = self._events
        while events and self.engines[events[0][1]].version != events[0][2]:
            heapq.heappop(events)  # that jump was cut
        soonest = events[0][0] if events else math.inf
        if self._next is not None and self._next[0] < soonest:
            soonest = self._next[0]
        if self.seats.num_claims < self._reserved and len(self.line):
            # One is overdue strictly after its moment.
            due_s = math.nextafter(self.line.next_overdue_s(self.now_s), math.inf)
            soonest = min(soonest, due_s)
        return soonest

    def _pass_time(self, now_s: float) -> None:
        for calmest in range(NUM_LEVELS - 1, 0, -1):
            if self._running_by_urgency[calmest]:
                waiting = sum(self.line.num_by_urgency[:calmest])
                self.result.inversion_s += (now_s - self.now_s) * waiting
                break
        self.now_s = now_s

    def _arrive(self, engine: Engine) -> None:
        for job in engine.arrive(self.now_s):
            self._stand_up(job)
            self.num_ended += 1
        for job in engine.risen():
            if job.job_id in self.seats:
                self.seats.rekey(job)
                self._refused = None
        for job in engine.leaving:
            if job.end_s is None:
                engine.detach(job, self.now_s)
                self.line.add(job)
        engine.leaving.clear()
        self._between[engine] = None
        self._offer(engine)

    def _seat_and_start(self) -> None:
        while True:
            if self._clock is None:
                self._seat()
            else:
                started_s = self._clock()
                self._seat()
                self.result.decision_s.append(self._clock() - started_s)
            if not self._between:
                return
            for engine in list(self._between):
                del self._between[engine]
                for job in engine.start(self.now_s):  # found no memory
                    self._stand_up(job)
                    self.line.add(job)
                self._offer(engine)
                self._announce(engine)

    def _offer(self, engine: Engine) -> None:
        """Its number of free slots has changed."""
        if engine.num_free <= 0 or engine.is_full:
            return
        if len(self._open) > 4 * len(self.engines) + 64:
            self._open = [
                (-other.num_free, other.index)
                for other in self.engines
                if other.num_free > 0 and not other.is_full
            ]
            heapq.heapify(self._open)
        heapq.heappush(self._open, (-engine.num_free, engine.index))

    def _announce(self, engine: Engine) -> None:
        if engine.jump is not None:
            moment = engine.jump.end_s(engine.jump.num_steps)
            heapq.heappush(self._events, (moment, engine.index, engine.version))

    # Decisions

    def _seat(self) -> None:
        """Give slots to who deserves them: free ones, then those of the least deserving."""
        self.result.num_decisions += 1
        line, seats = self.line, self.seats
        while len(line):
            job = line.next(self.now_s, overdue_running=seats.num_claims, num_slots=self.num_slots)
            assert job is not None
            claims = line.offers_reserved
            engine = self._free_engine(job)
            if engine is None:
                # Keys of running jobs fall until they are announced to rise, so who was
                # refused is refused again while nobody sits down, stands up or rises.
                if self._refused == (job, claims):
                    return
                victim = seats.find_victim(job, claims_reserved=claims)
                if victim is None:
                    self._refused = (job, claims)
                    return
                engine = self._take_slot(victim)
            line.discard(job.job_id)
            seats.add(job, claims_reserved=claims)
            job.in_reserved_slot = claims
            self._refused = None
            self._running_by_urgency[job.urgency] += 1
            job.seat = engine
            engine.incoming.append(job)
            self._offer(engine)
            self._interrupt(engine)

    def _free_engine(self, job: SimJob) -> Engine | None:
        """One with a free slot and memory: where the job's cache is, else the emptiest."""
        home = job.home
        if home is not None and home.num_free > 0 and not home.is_full:
            return home
        while self._open:
            free, index = self._open[0]
            engine = self.engines[index]
            if engine.num_free == -free and not engine.is_full:
                return engine
            heapq.heappop(self._open)
        return None

    def _take_slot(self, victim: SimJob) -> Engine:
        """The victim yields: at once between steps, else at the next boundary."""
        engine = victim.seat
        assert engine is not None
        self._stand_up(victim)
        if victim in engine.incoming:
            engine.incoming.remove(victim)  # it had not begun
            self.line.add(victim)
        elif engine.jump is None:
            engine.detach(victim, self.now_s)
            self.line.add(victim)
        else:
            engine.leaving.append(victim)
        return engine

    def _stand_up(self, job: SimJob) -> None:
        self._refused = None
        if self.seats.discard(job.job_id) is not None:
            self._running_by_urgency[job.urgency] -= 1

    def _interrupt(self, engine: Engine) -> None:
        if engine.jump is None:
            self._between[engine] = None
        elif engine.cut(self.now_s):
            self._announce(engine)

    def _sync(self, job: SimJob) -> None:
        if job.decoder is not None:
            job.decoder.sync(self.now_s)

    def _end(self) -> None:
        result = self.result
        result.end_s = self.now_s
        result.kv_peak_blocks = max(engine.memory.peak for engine in self.engines)
        result.swapped_tokens = sum(engine.memory.swapped_tokens for engine in self.engines)
