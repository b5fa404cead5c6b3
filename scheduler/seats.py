"""The running jobs of one engine or many, the least deserving found in O(log n).

Source: the max-heap of Semantic Scheduling for LLM Inference (arXiv 2506.12204), made lazy. A
running job's key falls with every token, so the key stored when it sat down is an upper bound
until `Policy.tokens_until_rise` tokens later; only the entries that come to the top are looked
at again. One that rises must be announced by `rekey`.
"""

from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

from scheduler.job import Job
from scheduler.policies.base import Policy
from scheduler.queue import IndexedQueue, Key

J = TypeVar("J", bound=Job)
# How many of the least deserving jobs are asked for their slot before a candidate gives up.
# Only hysteresis and grace make a job refuse that ranks below the candidate.
MAX_ASKED = 4


class Seats(Generic[J]):
    """Who holds a slot, and who of them holds a reserved one."""

    def __init__(self, policy: Policy, refresh: Callable[[J], object] | None = None) -> None:
        """`refresh` is called before a job is looked at, for callers whose jobs lag behind."""
        self.policy = policy
        self._refresh = refresh
        self._queue: IndexedQueue[J] = IndexedQueue()  # by negated key: the worst first
        self._claims: set[Hashable] = set()

    def __len__(self) -> int:
        return len(self._queue)

    def __contains__(self, job_id: Hashable) -> bool:
        return job_id in self._queue

    def __iter__(self) -> Iterator[J]:
        return iter(self._queue)

    @property
    def num_claims(self) -> int:
        """Jobs in reserved slots."""
        return len(self._claims)

    def add(self, job: J, *, claims_reserved: bool = False) -> None:
        """A job sits down. Raises KeyError when it sits already."""
        self._queue.push(job.job_id, _negated(self.policy.key(job)), job)
        if claims_reserved:
            self._claims.add(job.job_id)

    def discard(self, job_id: Hashable) -> J | None:
        """A job stands up. None when it does not sit here."""
        self._claims.discard(job_id)
        return self._queue.remove(job_id) if job_id in self._queue else None

    def rekey(self, job: J) -> None:
        """The key of a seated job has risen, or its urgency changed."""
        self._queue.change_key(job.job_id, _negated(self.policy.key(job)))

    def holds_claim(self, job_id: Hashable) -> bool:
        """True for a job in a reserved slot."""
        return job_id in self._claims

    def worst(self) -> J | None:
        """The least deserving job; None when nobody sits."""
        found = self._worst()
        return None if found is None else found[1]

    def find_victim(self, candidate: J, *, claims_reserved: bool = False) -> J | None:
        """The job whose slot `candidate` may take, the least deserving first; or None.

        Jobs in reserved slots yield to level 0 only, and only when nobody else does: it gets
        its slot all the same. `claims_reserved`: a reserved slot is due to the candidate; it
        may then displace any job that is neither level 0 nor in a reserved slot. Asks at most
        MAX_ASKED jobs that refuse.
        """
        policy = self.policy
        is_urgent = policy.level(candidate) == 0
        candidate_key = _negated(policy.key(candidate))
        refused: list[tuple[Key, J]] = []
        num_asked = 0
        found: J | None = None
        claimed: J | None = None  # the least deserving in a reserved slot
        while num_asked < MAX_ASKED and (worst := self._worst()) is not None:
            key, job = worst
            if job.job_id in self._claims:
                if claimed is None and is_urgent and policy.preempts(candidate, job):
                    claimed = job
            else:
                if policy.level(job) > 0 if claims_reserved else policy.preempts(candidate, job):
                    found = job
                    break
                if not claims_reserved and key >= candidate_key:
                    break  # nobody further up ranks below the candidate
                num_asked += 1
            refused.append(worst)
            self._queue.remove(job.job_id)
        for key, job in refused:
            self._queue.push(job.job_id, key, job)
        return claimed if found is None else found

    def _worst(self) -> tuple[Key, J] | None:
        """The least deserving job with its negated key as it is now."""
        queue, policy = self._queue, self.policy
        while (first := queue.first()) is not None:
            stored, job = first
            if self._refresh is not None:
                self._refresh(job)
            key = _negated(policy.key(job))
            if key == stored:
                return first
            queue.change_key(job.job_id, key)
        return None


def _negated(key: Key) -> Key:
    return tuple([-value for value in key])
