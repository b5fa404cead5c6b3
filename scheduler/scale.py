"""What one decision before a step of a busy engine costs: everything that is decided in it.

Before each step the scheduler takes in who has arrived, lets go who is done, looks again at
running jobs that outlived their prediction, then gives every free slot to whoever is next, and
the slots of the least deserving to whoever may preempt them, urgent newcomers and jobs over
their wait target alike. Merging arrivals into the heap happens while the engine computes and is
measured apart.
"""

import itertools
import random
import time
from dataclasses import dataclass, field

from scheduler.job import PlainJob
from scheduler.line import WaitingLine
from scheduler.policies import Policy
from scheduler.seats import Seats

URGENT_ARRIVALS = 4  # level 0
CALM_ARRIVALS = 4
ENDS = 2  # so that two of the urgent must preempt somebody
STEP_S = 0.012


@dataclass(slots=True)
class Decisions:
    """Seconds of each decision, and what was decided in all of them."""

    seconds: list[float] = field(default_factory=list)
    num_admissions: int = 0
    num_preemptions: int = 0


class DecisionBench:
    """An engine with all its slots taken and a long line, step after step."""

    def __init__(
        self, policy: Policy, line: WaitingLine[PlainJob], num_slots: int, rng: random.Random
    ) -> None:
        self.policy, self.line, self.num_slots, self.rng = policy, line, num_slots, rng
        self.now_s = 60.0
        self.found = Decisions()
        self._names = itertools.count(-1, -1)
        self._free = 0
        self.seats: Seats[PlainJob] = Seats(policy)
        for _ in range(num_slots):
            job = self._new(rng.randint(0, 3))
            job.generated_tokens = rng.randint(1, int(job.predicted_output_tokens) + 20)
            self.seats.add(job)

    def run(self, num_steps: int) -> Decisions:
        """Measure that many decisions.

        Between two measured ones as many urgent jobs end as have preempted somebody, so that
        the mix of running jobs stays.
        """
        for _ in range(num_steps):
            risen = self._compute()
            arrived = [self._new(0) for _ in range(URGENT_ARRIVALS)]
            arrived += [self._new(self.rng.randint(1, 4)) for _ in range(CALM_ARRIVALS)]
            ended = self._some(ENDS)
            started = time.perf_counter()
            self._decide(arrived, ended, risen)
            self.found.seconds.append(time.perf_counter() - started)
            self.line.merge()
            counts = self.found.num_admissions, self.found.num_preemptions
            self._decide([], self._some(URGENT_ARRIVALS - ENDS), [])
            self.found.num_admissions, self.found.num_preemptions = counts  # not measured
            self.line.merge()
        return self.found

    def _some(self, count: int) -> list[PlainJob]:
        """Urgent running jobs that end now."""
        urgent = [job for job in self.seats if job.urgency == 0]
        return self.rng.sample(urgent, min(count, len(urgent)))

    def _decide(
        self, arrived: list[PlainJob], ended: list[PlainJob], risen: list[PlainJob]
    ) -> None:
        line, seats = self.line, self.seats
        for job in arrived:
            line.add(job)
        for job in ended:
            seats.discard(job.job_id)
            self._free += 1
        for job in risen:
            if job.job_id in seats:
                seats.rekey(job)
        while (job_ := line.next(
            self.now_s, overdue_running=seats.num_claims, num_slots=self.num_slots
        )) is not None:  # fmt: skip
            claims = line.offers_reserved
            if self._free:
                self._free -= 1
            else:
                victim = seats.find_victim(job_, claims_reserved=claims)
                if victim is None:
                    return
                seats.discard(victim.job_id)
                line.add(victim)
                self.found.num_preemptions += 1
            line.discard(job_.job_id)
            seats.add(job_, claims_reserved=claims)
            self.found.num_admissions += 1

    def _compute(self) -> list[PlainJob]:
        """The engine's step: a token for everybody. Returns whose keys may have risen."""
        self.now_s += STEP_S
        risen = []
        for job in self.seats:
            due = self.policy.tokens_until_rise(job) <= 1
            job.generated_tokens += 1
            if due:
                risen.append(job)
        return risen

    def _new(self, urgency: int) -> PlainJob:
        rng = self.rng
        predicted = float(max(1, 50 * round(rng.randint(1, 499) / 50)))
        return PlainJob(next(self._names), urgency, self.now_s, rng.randint(1, 499), predicted)
