"""Trying a rule on recent incidents. Reads only."""

from dataclasses import dataclass

from django.utils import timezone

from triage.actions.classification import report_of
from triage.classify import rules as rule_engine
from triage.classify.fusion import fuse
from triage.classify.types import Voice
from triage.models import Assessment, Incident, PriorityRule

LAST = 200


@dataclass(frozen=True, slots=True)
class Change:
    """One incident that the rule would have touched."""

    incident: Incident
    before: int
    after: int
    matched: str


@dataclass(frozen=True, slots=True)
class Trial:
    """How many incidents were looked at, and which the rule matched."""

    num_tried: int
    changes: list[Change]


def try_rule(rule: PriorityRule, last: int = LAST) -> Trial:
    """Hold the rule against the last assessed incidents, beside the rules now in force."""
    assessments = Assessment.objects.filter(in_force=True).select_related("incident__source")
    now = timezone.now()
    candidate = rule.as_rule()
    others = [
        other.as_rule() for other in PriorityRule.objects.filter(active=True).exclude(pk=rule.pk)
    ]
    tried = list(assessments.order_by("-created_at")[:last])
    changes = []
    for assessment in tried:
        report = report_of(assessment.incident)
        voice = rule_engine.match(candidate, report, now)
        if voice is None:
            continue
        voices = [
            Voice(stored["name"], stored["level"], stored["reason"])
            for stored in assessment.voices
            if stored["name"] != "rules"
        ]
        hits = [(other, hit) for other in others if (hit := rule_engine.match(other, report, now))]
        before = fuse(voices, hits).urgency
        with_it = sorted([*hits, (candidate, voice)], key=lambda pair: pair[0].order)
        matched = ", ".join(item.text for item in voice.evidence) or "its other conditions"
        changes.append(Change(assessment.incident, before, fuse(voices, with_it).urgency, matched))
    return Trial(len(tried), changes)
