"""The simulator: discrete events on a virtual clock, the same loop and policies as the engine."""

from scheduler.sim.cost import SETTINGS, CostModel
from scheduler.sim.engine import Result, simulate
from scheduler.sim.workload import Request, Workload, paper_workload, read_workload

__all__ = [
    "SETTINGS",
    "CostModel",
    "Request",
    "Result",
    "Workload",
    "paper_workload",
    "read_workload",
    "simulate",
]
