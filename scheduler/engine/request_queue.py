"""vLLM's queue interface over our places of waiting."""

from collections.abc import Iterable, Iterator
from typing import Any

from vllm.v1.core.sched.request_queue import RequestQueue
from vllm.v1.request import Request

from scheduler.engine.job import EngineJob
from scheduler.engine.waiting import EngineQueue


class PolicyRequestQueue(RequestQueue):  # type: ignore[misc]  # vllm carries no types here
    """True when vLLM has anybody to look at; its length counts the parked too."""

    def __init__(self, owner: Any) -> None:
        """`owner`: the scheduler of `scheduler.vllm_plugin`."""
        self._owner = owner
        self.places = EngineQueue(owner.slot_policy)
        self._peeked: EngineJob | None = None  # the next pop must give this one

    def add_request(self, request: Request) -> None:
        self.places.add(self._owner.job_of(request))

    def prepend_request(self, request: Request) -> None:
        """It was preempted: its last token may be on its way, the next decision will see."""
        self.places.park(self._owner.job_of(request))

    def prepend_requests(self, requests: Iterable[Request]) -> None:
        """vLLM skipped them in this step; the policy gives each its place again."""
        for request in requests:
            self.add_request(request)

    def peek_request(self) -> Request:
        self._peeked = self._first()
        return self._peeked.request

    def pop_request(self) -> Request:
        job = self._first()
        if job.job_id not in self.places.seated:
            self._owner.count_claim(job)
        self.places.discard(job.job_id)
        return job.request

    def _first(self) -> EngineJob:
        if self._peeked is not None and self._peeked.job_id in self.places:
            return self._peeked
        if self.places.seated:
            return next(iter(self.places.seated.values()))  # never a paused one
        job: EngineJob | None = self._owner.next_in(self.places)
        if job is None:
            raise IndexError("the queue is empty")
        if job.is_paused:
            claims = job.claims_slot
            self._owner.release(job)  # vLLM lets in only whom it has preempted itself
            job.claims_slot = claims
        return job

    def remove_request(self, request: Request) -> None:
        self.places.discard(request.request_id)

    def remove_requests(self, requests: Iterable[Request]) -> None:
        for request in requests:
            self.places.discard(request.request_id)

    def forget_peek(self) -> None:
        """Another step begins: who is next may have changed."""
        self._peeked = None

    def __bool__(self) -> bool:
        return self.places.has_candidates

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[Request]:
        policy = self._owner.slot_policy
        return (job.request for job in sorted(self.places, key=policy.key))
