"""The waiting line and the choice of a victim: the one loop behind every policy.

The simulator and the engine plugin both take their decisions here, so what is simulated is
what runs.
"""

import heapq
import math
from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, TypeVar

from scheduler.job import NUM_LEVELS, Job
from scheduler.policies.base import Policy
from scheduler.queue import IndexedQueue

J = TypeVar("J", bound=Job)
SLACK = 64  # entries of jobs that left which are not worth a clean-up


class WaitingLine(Generic[J]):
    """Jobs that hold no slot, in the policy's order, overdue ones found in O(levels).

    Every operation is O(log n) at most, arrivals of jobs without a wait target are O(1).
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._queue: IndexedQueue[J] = IndexedQueue()
        # By level: (moment it becomes overdue, ticket, job), the first on top; entries of jobs
        # that left are dropped when they come to the top.
        self._due: list[list[tuple[float, int, J]]] = [[] for _ in range(NUM_LEVELS)]
        self._tickets: dict[Hashable, tuple[int, int]] = {}  # job → (its ticket, its level)
        self._num_tickets = 0
        self._quiet_until_s = math.inf  # until then nobody is overdue
        self._offered: Hashable = None  # the job that `next` named for a reserved slot
        self._num_claims = 0
        self._last_claim = [0] * NUM_LEVELS  # number of the last claim of each level
        self.num_by_urgency = [0] * NUM_LEVELS

    def __len__(self) -> int:
        return len(self._queue)

    def __contains__(self, job_id: Hashable) -> bool:
        return job_id in self._queue

    def __iter__(self) -> Iterator[J]:
        return iter(self._queue)

    def add(self, job: J) -> None:
        """A job arrives, or comes back after a preemption."""
        job_id, level = job.job_id, job.urgency
        self._queue.push(job_id, self.policy.key(job), job)
        self._num_tickets += 1
        self._tickets[job_id] = (self._num_tickets, level)
        self.num_by_urgency[level] += 1
        due_s = self.policy.overdue_at_s(job)
        if due_s < math.inf:
            heap = self._due[level]
            if len(heap) > 2 * self.num_by_urgency[level] + SLACK:  # mostly jobs that left
                heap[:] = [entry for entry in heap if self._is_current(entry)]
                heapq.heapify(heap)
            heapq.heappush(heap, (due_s, self._num_tickets, job))
            if due_s < self._quiet_until_s:
                self._quiet_until_s = due_s

    def discard(self, job_id: Hashable) -> J | None:
        """Take a job out (it was admitted or cancelled). None when it is not here."""
        ticket = self._tickets.pop(job_id, None)
        if ticket is None:
            return None
        level = ticket[1]
        self.num_by_urgency[level] -= 1
        if job_id == self._offered:
            self._num_claims += 1
            self._last_claim[level] = self._num_claims
            self._offered = None
        return self._queue.remove(job_id)

    def rekey(self, job: J) -> None:
        """The job's urgency or prediction changed while it waits."""
        self.discard(job.job_id)
        self.add(job)

    def merge(self) -> None:
        """Sort what has arrived; call it while the engine computes."""
        self._queue.merge()

    def next(self, now_s: float, *, overdue_running: int = 0, num_slots: int = 0) -> J | None:
        """The job that should have the next slot, left in the line; None when empty.

        Level 0 is always first. Then, while overdue jobs hold fewer than their reserved
        slots, an overdue one: the levels take turns, inside a level the oldest. Then the
        policy's order.
        """
        best = self._queue.peek()
        self._offered = None
        if best is None or self.policy.level(best) == 0:
            return best
        if overdue_running < self.policy.reserved_slots(num_slots):
            overdue = self._most_overdue(now_s)
            if overdue is not None:
                self._offered = overdue.job_id
                return overdue
        return best

    @property
    def offers_reserved(self) -> bool:
        """True when the job that `next` named last is due a reserved slot."""
        return self._offered is not None

    def next_overdue_s(self, now_s: float) -> float:
        """A moment before which no more jobs become overdue, `now_s` or later; infinity for
        none ever. Only the first of each level counts: the others come after it."""
        if self._quiet_until_s >= now_s:
            return self._quiet_until_s
        soonest = math.inf
        for level in range(NUM_LEVELS):
            first = self._first_due(level)
            if first is not None and now_s <= first[0] < soonest:
                soonest = first[0]
        return soonest

    def _most_overdue(self, now_s: float) -> J | None:
        """The oldest overdue job of the level whose last turn is longest ago; the calmest of
        those that never had one, as it has waited for more."""
        if now_s <= self._quiet_until_s:
            return None
        found: J | None = None
        turn, soonest = self._num_claims + 1, math.inf
        for level in range(NUM_LEVELS - 1, -1, -1):
            first = self._first_due(level)
            if first is None:
                continue
            soonest = min(soonest, first[0])
            if now_s > first[0] and self._last_claim[level] < turn:
                found, turn = first[2], self._last_claim[level]
        self._quiet_until_s = soonest
        return found

    def _first_due(self, level: int) -> tuple[float, int, J] | None:
        heap = self._due[level]
        while heap and not self._is_current(heap[0]):
            heapq.heappop(heap)
        return heap[0] if heap else None

    def _is_current(self, entry: tuple[float, int, J]) -> bool:
        ticket = self._tickets.get(entry[2].job_id)
        return ticket is not None and ticket[0] == entry[1]


def find_victim(
    policy: Policy,
    candidate: J,
    running: Iterable[J],
    *,
    protected: frozenset[Hashable] = frozenset(),
    claims_reserved: bool = False,
) -> J | None:
    """The running job whose slot `candidate` may take, the least deserving first; or None.

    `protected` jobs yield to level 0 only, and only when nobody else does: it gets its slot
    all the same. `claims_reserved`: the candidate is overdue and a reserved slot is due to it;
    it may then displace any job that is neither level 0 nor protected. O(running);
    `scheduler.seats` finds the same one in O(log running).
    """
    is_urgent = policy.level(candidate) == 0
    worst: J | None = None
    worst_key: tuple[float, ...] = ()
    for job in running:
        if not is_urgent and job.job_id in protected:
            continue
        if claims_reserved:
            if policy.level(job) == 0:
                continue
        elif not policy.preempts(candidate, job):
            continue
        key = (job.job_id not in protected, *policy.key(job))
        if worst is None or key > worst_key:
            worst, worst_key = job, key
    return worst
