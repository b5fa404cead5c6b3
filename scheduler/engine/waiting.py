"""The requests of an engine that hold no slot: in line, seated, or parked.

*In line*: in the policy's order. *Seated*: promised room in the step to come, in the order in
which the engine shall take them. *Parked*: they could not use a slot now (their last token is
still on its way, a grammar is being compiled), so nobody yields to them and the engine does
not look at them in vain.
"""

from collections.abc import Callable, Iterable, Iterator

from scheduler.engine.job import EngineJob
from scheduler.job import NUM_LEVELS
from scheduler.line import WaitingLine
from scheduler.policies import Policy


class EngineQueue:
    """Each job is in exactly one of the three places, or not here."""

    def __init__(self, policy: Policy) -> None:
        self.line: WaitingLine[EngineJob] = WaitingLine(policy)
        self.seated: dict[str, EngineJob] = {}
        self.parked: dict[str, EngineJob] = {}

    def __len__(self) -> int:
        return len(self.line) + len(self.seated) + len(self.parked)

    def __contains__(self, job_id: str) -> bool:
        return job_id in self.line or job_id in self.seated or job_id in self.parked

    def __iter__(self) -> Iterator[EngineJob]:
        """All jobs, in no order."""
        yield from self.seated.values()
        yield from self.line
        yield from self.parked.values()

    @property
    def has_candidates(self) -> bool:
        """Whether one of the jobs could use a slot."""
        return bool(self.seated) or len(self.line) > 0

    def num_by_urgency(self) -> list[int]:
        """How many jobs wait, by level."""
        counts = list(self.line.num_by_urgency)
        for job in (*self.seated.values(), *self.parked.values()):
            counts[min(job.urgency, NUM_LEVELS - 1)] += 1
        return counts

    def add(self, job: EngineJob) -> None:
        """A job arrives or comes back; one that is here already gets its place anew."""
        self.discard(job.job_id)
        job.claims_slot = False
        self.line.add(job.refresh())

    def park(self, job: EngineJob) -> None:
        """A job that cannot use a slot now."""
        self.discard(job.job_id)
        job.claims_slot = False
        self.parked[job.job_id] = job

    def seat(self, job: EngineJob, *, claims_slot: bool = False) -> None:
        """Promise a job room in the step to come; a reserved slot, where it `claims_slot`."""
        self.discard(job.job_id)
        job.claims_slot = claims_slot
        self.seated[job.job_id] = job

    def discard(self, job_id: str) -> None:
        """Forget a job, wherever it is; unknown ones are ignored."""
        if self.seated.pop(job_id, None) is None and self.parked.pop(job_id, None) is None:
            self.line.discard(job_id)

    def clear_seats(self) -> list[EngineJob]:
        """Put back in line who was not taken after all. Returns them."""
        left = list(self.seated.values())
        self.seated.clear()
        for job in left:
            job.claims_slot = False
            self.line.add(job)
        return left

    def unpark(self, is_ready: Callable[[EngineJob], bool] = lambda job: True) -> None:
        """Put back in line who can use a slot again."""
        ready = [job for job in self.parked.values() if is_ready(job)]
        for job in ready:
            del self.parked[job.job_id]
            self.line.add(job.refresh())

    def change(self, job: EngineJob, change: Callable[[], None]) -> None:
        """Change what the job's place depends on, and its place with it."""
        in_line = job.job_id in self.line
        if in_line:
            self.line.discard(job.job_id)
        try:
            change()
        finally:
            if in_line:
                self.line.add(job)

    def discard_all(self, job_ids: Iterable[str]) -> None:
        for job_id in job_ids:
            self.discard(job_id)
