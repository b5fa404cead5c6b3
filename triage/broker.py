"""Sending tasks, by name. A task is a hint: it may be lost, and the sweeper sends it again."""

import logging
import uuid

from celery import current_app
from kombu.exceptions import OperationalError as BrokerError

log = logging.getLogger(__name__)

CLASSIFY = "triage.tasks.classify"
EXPIRES_S = 120  # by then the sweeper has sent it again


def send_classify(incident_id: uuid.UUID) -> bool:
    """Ask for an incident's classification; False when the broker is away."""
    try:
        current_app.send_task(CLASSIFY, (str(incident_id),), retry=False, expires=EXPIRES_S)
    except (BrokerError, OSError) as error:
        log.warning("Classification of %s not sent, the sweeper will: %s", incident_id, error)
        return False
    return True
