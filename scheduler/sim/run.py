"""`simulate`: one call from a workload to what became of it."""

from collections.abc import Callable

from scheduler.policies import Policy
from scheduler.sim.batching import DEFAULT_TOKEN_BUDGET, Batching, Chunked, Continuous
from scheduler.sim.cost import CostModel
from scheduler.sim.job import Result
from scheduler.sim.phases import PhasedSimulation
from scheduler.sim.predictor import Predictor
from scheduler.sim.simulation import Simulation
from scheduler.sim.workload import Workload

Progress = Callable[[int], object]  # told how many requests have ended since it was last told
PROGRESS_STRIDE = 1000
BATCHING = ("continuous", "chunked", "phases")


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
    simulation: Simulation | PhasedSimulation
    if batching == "phases":
        if num_engines != 1:
            raise ValueError("engines: the phases of the paper are for one engine")
        simulation = PhasedSimulation(workload, policy, cost, predictor=predictor, clock=clock)
    elif batching in BATCHING:
        how: Batching = Chunked(token_budget) if batching == "chunked" else Continuous()
        simulation = Simulation(
            workload,
            policy,
            cost,
            num_engines=num_engines,
            batching=how,
            predictor=predictor,
            clock=clock,
        )
    else:
        raise ValueError(f"batching: {batching!r} is none of {', '.join(BATCHING)}")
    told = 0
    while simulation.step():
        if progress is not None and simulation.num_ended - told >= PROGRESS_STRIDE:
            progress(simulation.num_ended - told)
            told = simulation.num_ended
    if progress is not None:
        progress(simulation.num_ended - told)
    return simulation.result
