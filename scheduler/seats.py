"""The running jobs of one engine or many, the least deserving found in O(log n).

Source: the max-heap of Semantic Scheduling for LLM Inference (arXiv 2506.12204), made lazy. A
running job's key falls with every token, so the key stored when it sat down is an upper bound
until `Policy.tokens_until_rise` tokens later; only the entries that come to the top are looked
at again. One that rises must be announced by `rekey`.
"""

from collections.abc import Callable, Hashable, Iterator
from itertools import chain
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
        # By negated key, so that the worst comes first.
        self._plain: IndexedQueue[J] = IndexedQueue()
        self._claims: IndexedQueue[J] = IndexedQueue()

    def __len__(self) -> int:
        return len(self._plain) + len(self._claims)

    def __contains__(self, job_id: Hashable) -> bool:
        return job_id in self._plain or job_id in self._claims

    def __iter__(self) -> Iterator[J]:
        return chain(self._plain, self._claims)

    @property
    def num_claims(self) -> int:
        """Jobs in reserved slots."""
        return len(self._claims)

    def add(self, job: J, *, claims_reserved: bool = False) -> None:
        """A job sits down. Raises KeyError when it sits already."""
        if job.job_id in self:
            raise KeyError(f"{job.job_id!r} sits already")
        queue = self._claims if claims_reserved else self._plain
        queue.push(job.job_id, _negated(self.policy.key(job)), job)

    def discard(self, job_id: Hashable) -> J | None:
        """A job stands up. None when it does not sit here."""
        for queue in (self._plain, self._claims):
            if job_id in queue:
                return queue.remove(job_id)
        return None

    def rekey(self, job: J) -> None:
        """The key of a seated job has risen, or its urgency changed.

        Raises KeyError when it does not sit here.
        """
        queue = self._claims if job.job_id in self._claims else self._plain
        queue.change_key(job.job_id, _negated(self.policy.key(job)))

    def holds_claim(self, job_id: Hashable) -> bool:
        """True for a job in a reserved slot."""
        return job_id in self._claims

    def worst(self) -> J | None:
        """The least deserving job; None when nobody sits."""
        found = [worst for queue in (self._plain, self._claims) if (worst := self._worst(queue))]
        return min(found, key=_key_of)[1] if found else None

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
        found: J | None = None
        while len(refused) < MAX_ASKED and (worst := self._worst(self._plain)) is not None:
            key, job = worst
            if policy.level(job) > 0 if claims_reserved else policy.preempts(candidate, job):
                found = job
                break
            if not claims_reserved and key >= candidate_key:
                break  # nobody further up ranks below the candidate
            refused.append(worst)
            self._plain.remove(job.job_id)
        for key, job in refused:
            self._plain.push(job.job_id, key, job)
        if found is None and is_urgent and (worst := self._worst(self._claims)) is not None:
            return worst[1] if policy.preempts(candidate, worst[1]) else None
        return found

    def _worst(self, queue: IndexedQueue[J]) -> tuple[Key, J] | None:
        """The least deserving job of a queue with its negated key as it is now."""
        refresh, policy = self._refresh, self.policy
        while (first := queue.first()) is not None:
            stored, job = first
            if refresh is not None:
                refresh(job)
            key = _negated(policy.key(job))
            if key == stored:
                return first
            queue.change_key(job.job_id, key)
        return None


def _negated(key: Key) -> Key:
    return tuple([-value for value in key])


def _key_of(worst: tuple[Key, J]) -> Key:
    return worst[0]
