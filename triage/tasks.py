"""Celery tasks. Thin: they take an id and call one action. All are safe to run twice."""

import logging
import uuid
from functools import lru_cache

from celery import shared_task
from django.db import InterfaceError, OperationalError

from triage import classify as classifier
from triage.actions import classification
from triage.actions import sweep as sweeping
from triage.config.env import BASE_DIR
from triage.config.settings import ENV

log = logging.getLogger(__name__)

URGENCY_WEIGHTS = BASE_DIR / "weights" / "urgency"
_DATABASE_AWAY = (OperationalError, InterfaceError)


@shared_task(autoretry_for=_DATABASE_AWAY, retry_backoff=1, retry_backoff_max=5, max_retries=5)
def classify(incident_id: str) -> None:
    """Assess one incident and queue its draft."""
    classification.classify_incident(uuid.UUID(incident_id), urgency_model())


@shared_task
def sweep() -> None:
    """Repair what lost hints and dead processes left behind; sent by beat."""
    sweeping.sweep()


@lru_cache(maxsize=1)
def urgency_model() -> classifier.UrgencyModel | None:
    """The process's model, loaded once; None when it cannot be (the rules decide alone)."""
    try:
        return classifier.load_model(URGENCY_WEIGHTS, encoder=ENV.encoder_model or None)
    except Exception:
        log.exception("The urgency model could not be loaded; the rules decide alone")
        return None
