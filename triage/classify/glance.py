"""A first glance at a report, well under a millisecond: in which order to assess what waits.

It decides nothing but that order, and what to show should the assessment come late. In a flood
of reports the model needs seconds to get through; a cardiac arrest must not wait its turn.
"""

import logging

from triage.classify.red_flags import red_flags
from triage.classify.types import Report
from triage.classify.vitals import vitals_voice

log = logging.getLogger(__name__)

UNREMARKABLE = 2  # no finding says little; a glance never takes anybody for less urgent
LOOKED_AT_CHARS = 2_000  # from each end: the key fact may come last


def glance(report: Report) -> int:
    """The presumed level, 0 to UNREMARKABLE. Never raises: in trouble it is 0."""
    text = report.message
    if len(text) > 2 * LOOKED_AT_CHARS:
        text = f"{text[:LOOKED_AT_CHARS]}\n{text[-LOOKED_AT_CHARS:]}"
    try:
        levels = [red_flags(text).level, vitals_voice(text, report.age_years).level]
    except Exception:
        log.exception("The first glance failed; the report is looked at first")
        return 0
    found = [level for level in [*levels, report.source_level] if level is not None]
    return min([*found, UNREMARKABLE])
