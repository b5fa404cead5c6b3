"""From the requests of a workload to jobs that come to the queue."""

from collections.abc import Iterator

from scheduler.policies import Policy
from scheduler.sim.job import SimJob
from scheduler.sim.kv import KvMemory
from scheduler.sim.predictor import Predictor
from scheduler.sim.workload import Workload


def arrivals(
    workload: Workload, policy: Policy, predictor: Predictor | None, memory: KvMemory
) -> Iterator[tuple[float, SimJob]]:
    """(moment, job) in the order in which jobs come to the queue, seconds.

    Policies that need predictions get a job when the predictor is done with it. Raises
    ValueError for a request that is larger than the whole memory.
    """
    requests = workload.requests
    for request in requests:
        if memory.blocks(request.prompt_tokens + request.output_tokens - 1) > memory.capacity:
            raise ValueError(f"request {request.id}: prompt and output exceed the KV memory")
    if predictor is None or not policy.needs_predictions:
        moments: Iterator[float] = (request.arrival_s for request in requests)
    else:
        moments = predictor.ready(requests)
    for index, (moment, request) in enumerate(zip(moments, requests, strict=True)):
        yield moment, SimJob.of(request, index)
