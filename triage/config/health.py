"""Whether the process is up, and whether the system can do its work."""

from typing import Any

import redis
from django.db import DatabaseError, InterfaceError, connection
from django.db.models.functions import Now
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from triage.actions import workers
from triage.config.settings import ENV
from triage.models import Incident

OK, AWAY, LATE = "ok", "away", "late"


@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """The process answers. Nothing else is looked at: restarting it would not mend it."""
    return JsonResponse({"status": OK})


@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 while reports can be taken in, 503 without the database.

    `status` is degraded when something else is away: reports are still stored and the sweepers
    catch up. `classification` is judged by what waits, not by which processes run.
    """
    state: dict[str, Any] = {"database": AWAY, "broker": broker_state()}
    try:
        connection.ensure_connection()
        waits_s = longest_unclassified_s()
        state |= {
            "database": OK,
            "classification": LATE if waits_s > 2 * ENV.classify_deadline_s else OK,
            "longest_unclassified_s": round(waits_s, 1),
            **workers.system_state(),
        }
    except (DatabaseError, InterfaceError):
        return JsonResponse({"status": "unavailable", **state}, status=503)
    well = state["broker"] == OK and state["classification"] == OK and state["engine"] == "ready"
    return JsonResponse({"status": OK if well else "degraded", **state})


def longest_unclassified_s() -> float:
    """How long the oldest incident without an assessment has been waiting, in seconds."""
    waiting = Incident.objects.filter(status=Incident.Status.RECEIVED)
    oldest = waiting.annotate(now=Now()).order_by("received_at").first()
    return (oldest.now - oldest.received_at).total_seconds() if oldest else 0.0


def broker_state() -> str:
    """ok or away. In embedded mode the broker is this process's own memory."""
    if ENV.embedded:
        return OK
    try:
        redis.Redis.from_url(ENV.redis_url, socket_timeout=1, socket_connect_timeout=1).ping()
    except redis.RedisError:
        return AWAY
    return OK
