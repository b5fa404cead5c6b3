"""The waiting line and the choice of a victim: the one loop behind every policy.

The simulator and the engine plugin both take their decisions here, so what is simulated is
what runs.
"""

from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from scheduler.job import NUM_LEVELS, Job
from scheduler.policies.base import Policy
from scheduler.queue import IndexedQueue

J = TypeVar("J", bound=Job)


class WaitingLine(Generic[J]):
    """Jobs that hold no slot, in the policy's order, overdue ones found in O(levels)."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._queue: IndexedQueue[J] = IndexedQueue()
        # By level, in order of arrival; entries of jobs that left are dropped when met.
        self._oldest: list[deque[tuple[J, int]]] = [deque() for _ in range(NUM_LEVELS)]
        self._tickets: dict[Hashable, int] = {}  # job → number of its entry in `_oldest`
        self._num_tickets = 0
        self._level_of: dict[Hashable, int] = {}  # the level a job was counted under
        self.num_by_urgency = [0] * NUM_LEVELS

    def __len__(self) -> int:
        return len(self._queue)

    def __contains__(self, job_id: Hashable) -> bool:
        return job_id in self._queue

    def __iter__(self) -> Iterator[J]:
        return iter(self._queue)

    def add(self, job: J) -> None:
        """A job arrives, or comes back after a preemption. O(1)."""
        self._queue.push(job.job_id, self.policy.key(job), job)
        self._level_of[job.job_id] = job.urgency
        self.num_by_urgency[job.urgency] += 1
        self._num_tickets += 1
        self._tickets[job.job_id] = self._num_tickets
        line = self._oldest[job.urgency]
        if len(line) > 2 * self.num_by_urgency[job.urgency] + 64:  # mostly jobs that left
            line = deque(entry for entry in line if self._is_current(entry))
            self._oldest[job.urgency] = line
        later: list[tuple[J, int]] = []
        while line and line[-1][0].arrival_s > job.arrival_s:  # it came back from a slot
            later.append(line.pop())
        line.append((job, self._num_tickets))
        line.extend(reversed(later))

    def discard(self, job_id: Hashable) -> J | None:
        """Take a job out of turn (it was cancelled or admitted). None when it is not here."""
        if job_id not in self._queue:
            return None
        self.num_by_urgency[self._level_of.pop(job_id)] -= 1
        del self._tickets[job_id]
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
        slots, the most overdue one. Then the policy's order.
        """
        best = self._queue.peek()
        if best is None or best.urgency == 0:
            return best
        if overdue_running < self.policy.reserved_slots(num_slots):
            overdue = self._most_overdue(now_s)
            if overdue is not None:
                return overdue
        return best

    def _most_overdue(self, now_s: float) -> J | None:
        """The overdue job that came first; less urgent ones win ties, they waited for more."""
        found: J | None = None
        for level in range(1, NUM_LEVELS):
            line = self._oldest[level]
            while line and not self._is_current(line[0]):
                line.popleft()
            if not line or not self.policy.is_overdue(line[0][0], now_s):
                continue
            if found is None or line[0][0].arrival_s <= found.arrival_s:
                found = line[0][0]
        return found

    def _is_current(self, entry: tuple[J, int]) -> bool:
        job, ticket = entry
        return self._tickets.get(job.job_id) == ticket


def protected_jobs(
    policy: Policy, running: Sequence[Job], now_s: float, num_slots: int
) -> frozenset[Hashable]:
    """The running overdue jobs that the reserved slots cover, the oldest first."""
    reserved = policy.reserved_slots(num_slots)
    if not reserved:
        return frozenset()
    overdue = [job for job in running if policy.is_overdue(job, now_s)]
    overdue.sort(key=lambda job: job.arrival_s)
    return frozenset(job.job_id for job in overdue[:reserved])


def find_victim(
    policy: Policy,
    candidate: J,
    running: Iterable[J],
    *,
    protected: frozenset[Hashable] = frozenset(),
    claims_reserved: bool = False,
) -> J | None:
    """The running job whose slot `candidate` may take, the least deserving first; or None.

    `protected` jobs yield to level 0 only. `claims_reserved`: the candidate is overdue and a
    reserved slot is due to it; it may then displace any job that is neither level 0 nor
    protected.
    """
    worst: J | None = None
    worst_key: tuple[float, ...] = ()
    for job in running:
        if candidate.urgency > 0 and job.job_id in protected:
            continue
        if claims_reserved and job.urgency == 0:
            continue
        if not claims_reserved and not policy.preempts(candidate, job):
            continue
        key = policy.key(job)
        if worst is None or key > worst_key:
            worst, worst_key = job, key
    return worst
