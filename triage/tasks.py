"""Celery tasks. Thin: they take an id and call one action. All are safe to run twice."""

import logging
from functools import lru_cache
from typing import Any

from celery import shared_task
from celery.signals import celeryd_after_setup, worker_process_init
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from triage import classify as classifier
from triage.actions import classification
from triage.actions import sweep as sweeping
from triage.config.env import URGENCY_WEIGHTS
from triage.config.settings import ENV

log = logging.getLogger(__name__)

CLASSIFY_QUEUE = "classify"
_DATABASE_AWAY = (OperationalError, InterfaceError)


@shared_task(autoretry_for=_DATABASE_AWAY, retry_backoff=1, retry_backoff_max=5, max_retries=5)
def classify(incident_id: str) -> None:
    """An incident has come in: assess whoever of those that wait looks most urgent."""
    num_done = classification.classify_next(urgency_model())
    log.debug("Hint of %s: %d assessed", incident_id, num_done)


@shared_task
def sweep() -> None:
    """Repair what lost hints and dead processes left behind; sent by beat."""
    sweeping.sweep()


_queues: set[str] = set()


@celeryd_after_setup.connect
def _note_queues(instance: Any, **_: Any) -> None:
    _queues.update(instance.app.amqp.queues.consume_from)


@worker_process_init.connect
def _load_before_the_first_message(**_: Any) -> None:
    """In each child, after the fork: torch's threads do not survive one."""
    if CLASSIFY_QUEUE in _queues:
        urgency_model()


@lru_cache(maxsize=1)
def urgency_model() -> classifier.UrgencyModel | None:
    """The process's model, loaded once; None when it cannot be (the rules decide alone)."""
    try:
        model = classifier.load_model(URGENCY_WEIGHTS, encoder=ENV.encoder_model or None)
        # The first decision pays for patterns, glossaries and kernels: not a patient's.
        report = classifier.Report("He fell off a ladder, his leg is bent and he is pale")
        classifier.assess(report, rules=[], model=model, now=timezone.now())
        return model
    except Exception:
        log.exception("The urgency model could not be loaded; the rules decide alone")
        return None
