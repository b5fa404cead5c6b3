"""`simulate`: one call from a workload to what became of it."""

from collections.abc import Callable

from scheduler.policies import Policy
from scheduler.sim.batching import DEFAULT_TOKEN_BUDGET, Batching, Chunked, Continuous
from scheduler.sim.cost import CostModel
from scheduler.sim.job import Result
from scheduler.sim.predictor import Predictor
from scheduler.sim.simulation import Progress, Simulation
from scheduler.sim.workload import Workload

BATCHING = ("continuous", "chunked")


def simulate(
    workload: Workload,
    policy: Policy,
    cost: CostModel,
    *,
    num_engines: int = 1,
    batching: str = "continuous",
    token_budget: int = DEFAULT_TOKEN_BUDGET,
    predictor: Predictor | None = None,
    progress: Progress | None = None,
    clock: Callable[[], float] | None = None,
) -> Result:
    """Serve a workload to its end under one policy.

    `num_engines`: engines behind the one queue, each with the workload's slots. `batching`: one
    of BATCHING, see `scheduler.sim.batching`; `token_budget` is for `chunked`. `predictor`:
    what jobs must pass before the queue. `progress` is told how many requests have ended.
    `clock`, such as time.perf_counter, times every decision.
    Raises ValueError for a bad option, and when a request is larger than the KV memory.
    """
    how: Batching
    if batching == "continuous":
        how = Continuous()
    elif batching == "chunked":
        how = Chunked(token_budget)
    else:
        raise ValueError(f"batching: {batching!r} is none of {', '.join(BATCHING)}")
    return Simulation(
        workload,
        policy,
        cost,
        num_engines=num_engines,
        batching=how,
        predictor=predictor,
        clock=clock,
    ).run(progress)
