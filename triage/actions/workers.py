"""What the LLM workers report of themselves, and what the screens are told of it."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, Value, When
from django.db.models.functions import Now

from triage import live
from triage.models import Draft, Worker

GONE_AFTER_S = 10.0  # without a heartbeat; the workers send one about every second
FORGOTTEN_AFTER_S = 3600.0
_BEST_FIRST = (Worker.EngineState.READY, Worker.EngineState.STARTING, Worker.EngineState.DOWN)
_COUNTERS = ("preemptions_total", "slot_preemptions_total")


@transaction.atomic
def report(
    name: str, *, host: str, pid: int, state: str, detail: str, model: str, stats: dict[str, Any]
) -> None:
    """Store how a worker is, by the database's clock."""
    Worker.objects.update_or_create(
        name=name,
        defaults={
            "engine_state": state,
            "detail": detail,
            "model": model[:200],
            "stats": stats,
            "heartbeat_at": Now(),
        },
        create_defaults={
            "host": host[:200],
            "pid": pid,
            "engine_state": state,
            "detail": detail,
            "model": model[:200],
            "stats": stats,
            "heartbeat_at": Now(),
            "started_at": Now(),
        },
    )
    Worker.objects.filter(heartbeat_at__lt=Now() - timedelta(seconds=FORGOTTEN_AFTER_S)).delete()


@transaction.atomic
def leave(name: str) -> None:
    """A worker stops in order: its row goes, and the screens are told."""
    Worker.objects.filter(name=name).delete()
    publish_system()


def publish_if_changed(known: dict[str, Any]) -> dict[str, Any]:
    """Tell the boards the system's state when it is not `known` any more. Returns it."""
    state = system_state()
    if state != known:
        live.publish(live.BOARD_GROUP, {"type": "system.changed", "system": state})
    return state


def others_may_write(name: str) -> bool:
    """Whether another worker has an engine, or is starting one."""
    others = live_workers().exclude(name=name)
    return others.exclude(engine_state=Worker.EngineState.DOWN).exists()


def publish_system() -> None:
    """Tell every board how the system is now."""
    live.publish_on_commit(live.BOARD_GROUP, {"type": "system.changed", "system": system_state()})


def system_state() -> dict[str, Any]:
    """How the system is, over all live workers.

    engine: starting | ready | down; waiting, running: drafts without and with a slot of an
    engine; preemptions_total, slot_preemptions_total: since the engines' start.
    """
    workers = list(live_workers())
    best = workers[0] if workers else None
    queued = Draft.objects.filter(status=Draft.Status.QUEUED).count()
    state: dict[str, Any] = {
        "engine": best.engine_state if best else Worker.EngineState.DOWN.value,
        "engine_model": best.model if best else "",
        "engine_detail": best.detail if best else "No LLM worker is running.",
        "workers": len(workers),
        "policy": best.stats.get("policy", "") if best else "",
        "waiting": queued + sum(_count(worker, "waiting") for worker in workers),
        "running": sum(_count(worker, "running") for worker in workers),
    }
    for name in _COUNTERS:
        state[name] = sum(_count(worker, name) for worker in workers)
    return state


def live_workers():  # -> QuerySet[Worker]
    """The workers that still send heartbeats, those with a ready engine first."""
    order = Case(*(When(engine_state=s, then=Value(i)) for i, s in enumerate(_BEST_FIRST)))
    alive = Worker.objects.filter(heartbeat_at__gte=Now() - timedelta(seconds=GONE_AFTER_S))
    return alive.order_by(order, "started_at")


def _count(worker: Worker, name: str) -> int:
    value = worker.stats.get(name, 0)
    return int(value) if isinstance(value, int | float) else 0
