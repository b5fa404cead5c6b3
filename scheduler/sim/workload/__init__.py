"""Workloads: requests over time, drawn from a recipe or read from a file."""

from scheduler.sim.workload.errors import Errors, read_confusion, uniform_confusion
from scheduler.sim.workload.recipe import KINDS, Recipe, paper_workload
from scheduler.sim.workload.request import DEFAULT_SLOTS, Request, Workload
from scheduler.sim.workload.trace import (
    read_workload,
    stream_requests,
    write_requests,
    write_workload,
)

__all__ = [
    "DEFAULT_SLOTS",
    "KINDS",
    "Errors",
    "Recipe",
    "Request",
    "Workload",
    "paper_workload",
    "read_confusion",
    "read_workload",
    "stream_requests",
    "uniform_confusion",
    "write_requests",
    "write_workload",
]
