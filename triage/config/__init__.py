"""Settings, addresses and entry points. The Celery app is loaded with the project."""

from triage.config.celery import app as celery_app

__all__ = ["celery_app"]
