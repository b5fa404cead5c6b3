"""Urgency from words: `assess` a report into a decision. Knows no Django.

>>> from datetime import UTC, datetime
>>> report = Report("My father collapsed, he is not breathing")
>>> assess(report, rules=[], model=None, now=datetime.now(UTC)).urgency
0
"""

from triage.classify.assess import UrgencyModel, assess, assess_many
from triage.classify.glance import glance
from triage.classify.types import Decision, Evidence, ModelOutput, Report, Rule, Voice

__all__ = [
    "Decision",
    "Evidence",
    "ModelOutput",
    "Report",
    "Rule",
    "UrgencyModel",
    "Voice",
    "assess",
    "assess_many",
    "glance",
    "load_model",
]


def load_model(weights, *, encoder=None) -> UrgencyModel:
    """Load the trained model from the folder `weights`; torch is imported only now.

    `encoder` names another encoder than the one the weights were trained for. Raises OSError
    or ValueError when the files cannot be read or do not fit.
    """
    from triage.classify.urgency_model import EncoderModel

    return EncoderModel.load(weights, encoder=encoder)
