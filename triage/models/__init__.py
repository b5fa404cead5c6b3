"""The tables, one file per concept."""

from triage.models.assessment import Assessment
from triage.models.decision_log import DecisionLogEntry
from triage.models.draft import Draft
from triage.models.incident import Incident
from triage.models.levels import NUMBERED_LEVELS, Urgency
from triage.models.rule import PriorityRule
from triage.models.source import ApiToken, Source
from triage.models.user import User
from triage.models.worker import Worker

__all__ = [
    "NUMBERED_LEVELS",
    "ApiToken",
    "Assessment",
    "DecisionLogEntry",
    "Draft",
    "Incident",
    "PriorityRule",
    "Source",
    "Urgency",
    "User",
    "Worker",
]
