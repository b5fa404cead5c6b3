"""Figures of a simulated run, by urgency and over all (definitions: docs/metrics.md)."""

from collections.abc import Sequence
from typing import Any

from scheduler.job import NUM_LEVELS
from scheduler.sim.engine import Result, SimJob


def summary(result: Result) -> dict[str, Any]:
    """The JSON shape of `compare` for one policy. Times are seconds."""
    system = [_time_in_system(job) for job in result.jobs]
    tokens = sum(job.request.output_tokens for job in result.jobs)
    return {
        "time_in_system_s": {
            "total": sum(system),
            "mean": _mean(system),
            "p99": _quantile(system, 0.99),
            "by_urgency": {
                str(level): _mean([_time_in_system(job) for job in _of(result, level)])
                for level in range(NUM_LEVELS)
            },
        },
        "ttft_s": {
            "mean": _mean([_ttft(job) for job in result.jobs]),
            "by_urgency": {
                str(level): _mean([_ttft(job) for job in _of(result, level)])
                for level in range(NUM_LEVELS)
            },
        },
        "waiting_s": {
            "by_urgency": {
                str(level): _mean([_time_in_system(j) - j.slot_s for j in _of(result, level)])
                for level in range(NUM_LEVELS)
            },
        },
        "tokens_per_s": tokens / result.end_s if result.end_s else 0.0,
        "preemptions": result.preemptions,
        "reread_tokens": result.reread_tokens,
        "inversion_s": result.inversion_s,
        "kv_peak_blocks": result.kv_peak_blocks,
    }


def _of(result: Result, level: int) -> list[SimJob]:
    return [job for job in result.jobs if job.urgency == level]


def _time_in_system(job: SimJob) -> float:
    assert job.end_s is not None
    return job.end_s - job.arrival_s


def _ttft(job: SimJob) -> float:
    assert job.first_token_s is not None
    return job.first_token_s - job.arrival_s


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
