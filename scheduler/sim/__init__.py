"""The simulator: discrete events on a virtual clock, the same loop and policies as the engine."""

from scheduler.sim.cost import SETTINGS, CostModel
from scheduler.sim.job import Result, SimJob
from scheduler.sim.predictor import Predictor
from scheduler.sim.run import BATCHING, simulate
from scheduler.sim.workload import Request, Workload, paper_workload, read_workload

__all__ = [
    "BATCHING",
    "SETTINGS",
    "CostModel",
    "Predictor",
    "Request",
    "Result",
    "SimJob",
    "Workload",
    "paper_workload",
    "read_workload",
    "simulate",
]
