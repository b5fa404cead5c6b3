"""What serves the requests in a simulation, all options in one value."""

from collections.abc import Callable
from dataclasses import dataclass

from scheduler.policies import Policy
from scheduler.sim.batching import DEFAULT_TOKEN_BUDGET
from scheduler.sim.cost import CostModel
from scheduler.sim.job import Result
from scheduler.sim.predictor import Predictor
from scheduler.sim.run import Progress, simulate
from scheduler.sim.workload import Workload


@dataclass(frozen=True, slots=True)
class Setup:
    """The options of `simulate` that a command line has, too."""

    cost: CostModel
    num_engines: int = 1
    batching: str = "continuous"
    token_budget: int = DEFAULT_TOKEN_BUDGET
    predictor: Predictor | None = None
    clock: Callable[[], float] | None = None  # times every decision; not repeatable

    def serve(self, workload: Workload, policy: Policy, progress: Progress | None = None) -> Result:
        """Simulate to the end."""
        return simulate(
            workload, policy, self.cost, num_engines=self.num_engines, batching=self.batching,
            token_budget=self.token_budget, predictor=self.predictor, progress=progress,
            clock=self.clock,
        )  # fmt: skip
