"""Which models are in service, what was measured of them, and how they did lately."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from triage.config.env import URGENCY_WEIGHTS
from triage.config.settings import ENV
from triage.models import Assessment, Draft, Worker

LATEST = 200  # drafts and assessments that count as lately
SETS = {"held_out": "families held out", "development": "another writer's messages"}
SHARES = {
    "exact": "exact",
    "within_one": "within one level",
    "under_triage": "under-triage",
    "missed_immediate": "missed immediate",
    "over_triage": "over-triage",
    "ece": "calibration error",
}
WORKER_SEEN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class UrgencyInService:
    """`figures`: a row a set, (its name, messages, shares in the order of SHARES, 0–1)."""

    stored_version: str  # of the weights on this machine; "" when they cannot be read
    live_version: str  # that made the latest assessment; "" for the rules alone
    assessed_at: datetime | None
    thresholds: tuple[float, ...]
    figures: tuple[tuple[str, int, tuple[float, ...]], ...]
    num_lately: int
    without_model: int  # of these
    latency_ms: float | None  # mean of these


@dataclass(frozen=True, slots=True)
class DraftsInService:
    """`relative_error`: mean of |predicted − real| / real output tokens."""

    engine: str
    model: str
    voice: bool
    live_models: tuple[str, ...]  # of the workers that are there now
    num_lately: int
    tokens: float | None
    relative_error: float | None
    flagged: int
    reviews: dict[str, int]


def urgency_in_service() -> UrgencyInService:
    """The urgency model: what its settings say, and its latest decisions."""
    stored = _settings()
    lately = list(
        Assessment.objects.order_by("-created_at").values_list(
            "model_version", "created_at", "latency_ms", "assessed"
        )[:LATEST]
    )
    return UrgencyInService(
        stored_version=stored.get("version", ""),
        live_version=lately[0][0] if lately else "",
        assessed_at=lately[0][1] if lately else None,
        thresholds=tuple(stored.get("round_up_thresholds", ())),
        figures=tuple(
            (name, stored[key]["n"], tuple(stored[key][share] for share in SHARES))
            for key, name in SETS.items()
            if {"n", *SHARES} <= set(stored.get(key) or ())  # weights of one's own may lack some
        ),
        num_lately=len(lately),
        without_model=sum(not assessed for *_rest, assessed in lately),
        latency_ms=sum(row[2] for row in lately) / len(lately) if lately else None,
    )


def drafts_in_service() -> DraftsInService:
    """The draft model: the one asked for, the ones that run, and the latest drafts."""
    seen = Worker.objects.filter(heartbeat_at__gte=timezone.now() - WORKER_SEEN)
    done = Draft.objects.filter(status=Draft.Status.DONE).order_by("-finished_at")[:LATEST]
    drafts = list(done.values_list("num_tokens", "predicted_tokens", "flags", "review"))
    errors = [abs(predicted - real) / real for real, predicted, _f, _r in drafts if real]
    reviews = Counter(Draft.Review(review).label for *_rest, review in drafts)
    running = {model for model in seen.values_list("model", flat=True) if model}
    return DraftsInService(
        engine=ENV.llm_engine,
        model=ENV.llm_model.rsplit("/", 1)[-1] if ENV.llm_model.startswith("/") else ENV.llm_model,
        voice=ENV.llm_voice,
        live_models=tuple(sorted(running)),
        num_lately=len(drafts),
        tokens=sum(real for real, *_rest in drafts) / len(drafts) if drafts else None,
        relative_error=sum(errors) / len(errors) if errors else None,
        flagged=sum(bool(flags) for _real, _predicted, flags, _review in drafts),
        reviews=dict(reviews),
    )


def _settings() -> dict[str, Any]:
    try:
        found = json.loads((URGENCY_WEIGHTS / "settings.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # without readable weights the rules decide alone: shown so
        return {}
    return found if isinstance(found, dict) else {}
