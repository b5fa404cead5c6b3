"""Requests that lost their slot and keep their KV blocks while nobody needs those.

vLLM's own preemption frees the blocks. The prefix cache gives full ones back, but what stood in
the last block is read anew, and the last token is on its way for a step in which the request can
do nothing. A paused request stays RUNNING for vLLM and is only left out of `running`; when it
gets a slot again it goes on as one that "was not scheduled in the previous step". When its
blocks are needed it is released: preempted in vLLM's way, after all.

The newer model runner of vLLM keeps a row for every running request, so there, and beside the
features named in `can_pause`, requests are preempted in vLLM's way at once.
"""

from collections.abc import Callable, Collection
from typing import Any

from scheduler.engine.job import EngineJob
from scheduler.policies import Policy


class PausedJobs:
    """Who is paused, and who of them gives up its blocks first."""

    def __init__(self, engine: Any, policy: Policy, preempt: Callable[[EngineJob], None]) -> None:
        """`engine`: vLLM's scheduler. `preempt`: in vLLM's way, blocks freed."""
        self._policy, self._preempt = policy, preempt
        self._jobs: dict[str, EngineJob] = {}
        self._is_supported = can_pause(engine)

    def __len__(self) -> int:
        return len(self._jobs)

    def takes(self, job: EngineJob) -> bool:
        """Whether the job may be paused; else it is preempted in vLLM's way."""
        request = job.request
        return self._is_supported and not (request.has_encoder_inputs or request.resumable)

    def add(self, job: EngineJob) -> None:
        job.is_paused = True
        self._jobs[job.job_id] = job

    def discard(self, job: EngineJob) -> None:
        """It runs again, was released, or has ended."""
        job.is_paused = False
        self._jobs.pop(job.job_id, None)

    def worst(
        self, candidate: EngineJob, *, claims: bool, besides: Collection[EngineJob]
    ) -> EngineJob | None:
        """Who would give up its blocks first for the `candidate`, `besides` others that do.

        Somebody who ranks below it or, for one that claims a reserved slot, is not of level 0:
        those whose slot it could take.
        """
        policy = self._policy
        others = [job for job in self._jobs.values() if job is not candidate and job not in besides]
        worst = max(others, key=policy.key, default=None)
        if worst is None:
            return None
        yields = policy.level(worst) > 0 if claims else policy.key(worst) > policy.key(candidate)
        return worst if yields else None

    def release(self, job: EngineJob) -> None:
        """Take its blocks."""
        self._preempt(job)

    def release_worst(self) -> None:
        """Take the blocks of the least deserving. There must be somebody."""
        self._preempt(max(self._jobs.values(), key=self._policy.key))

    def release_all(self) -> None:
        """Take the blocks of all."""
        for job in list(self._jobs.values()):
            self._preempt(job)


def can_pause(engine: Any) -> bool:
    """Whether vLLM, as it is set up, bears requests that keep their blocks outside `running`."""
    return not (
        engine.use_v2_model_runner
        or engine.use_pp
        or engine.connector is not None
        or engine.ec_connector is not None
        or engine.aux_output_connector is not None
        or engine.lora_config
        or engine.num_spec_tokens
        or engine.is_encoder_decoder
        or engine.need_mamba_block_aligned_split
    )
