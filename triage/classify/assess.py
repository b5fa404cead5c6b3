"""One report in, one decision out: every voice is heard, the fusion decides."""

import logging
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from triage.classify import rules as rule_engine
from triage.classify.fusion import UNCERTAIN_LEVEL, fuse, round_up
from triage.classify.injection import has_instructions, without_instructions
from triage.classify.red_flags import red_flags
from triage.classify.types import Decision, Evidence, ModelOutput, Report, Rule, Voice
from triage.classify.understanding import language_of, why_not_understood
from triage.classify.vitals import vitals_voice

log = logging.getLogger(__name__)

UNCLEAR = "unclear"
NEEDS_PERSON = "needs-a-person"
STEERING = "talks-to-the-software"


class UrgencyModel(Protocol):
    """A trained model: text in, probabilities out."""

    version: str
    round_up_threshold: float

    def predict(self, texts: Sequence[str]) -> list[ModelOutput]: ...

    def salient_span(self, text: str, level: int) -> tuple[int, int] | None: ...


def assess(
    report: Report, *, rules: Sequence[Rule], model: UrgencyModel | None, now: datetime
) -> Decision:
    """Give a report its urgency. Never raises because of the model: then the rules decide.

    `now` is the moment the rules' dates and times of day are held against.
    """
    started = time.perf_counter()
    # Blanked, not cut out: evidence spans still point into the original message.
    text = without_instructions(report.message)
    language = language_of(text)
    puzzle = why_not_understood(text, language)
    output = None if puzzle else _ask(model, text)
    seen = [red_flags(text), vitals_voice(text, report.age_years)]
    # Looking for the telling clause costs several readings: only where nothing else tells it.
    explain = not any(voice.evidence for voice in seen)
    voices = [_model_voice(model, output, text, puzzle, explain), *seen, _source_voice(report)]
    hits = _rule_hits(rules, report, now)
    fused = fuse(voices, hits)
    heard = [*voices, *(voice for _rule, voice in hits)]
    probabilities = output.level_probabilities if output else ()
    return Decision(
        urgency=fused.urgency,
        level_probabilities=probabilities or _certain(fused.urgency),
        confidence=max(probabilities) if probabilities else 0.0,
        voices=tuple(heard),
        evidence=_evidence(heard),
        complaint=_complaint(output),
        complaint_scores=dict(output.complaint_scores) if output else {},
        disagreement=fused.disagreement,
        rule_hits=tuple(rule.name for rule, _voice in hits),
        tags=_tags(report, hits, puzzle),
        model_version=output.version if output else "",
        assessed=output is not None or bool(puzzle and model),
        language=language,
        latency_ms=1000 * (time.perf_counter() - started),
    )


def _ask(model: UrgencyModel | None, text: str) -> ModelOutput | None:
    if model is None:
        return None
    try:
        output = model.predict([text])[0]
    except Exception:  # out of memory, broken weights: the other voices still decide
        log.exception("The urgency model failed; the rules decide alone")
        return None
    if not all(0 <= value <= 1 for value in output.level_probabilities):  # NaN included
        log.error("The urgency model returned no probabilities; the rules decide alone")
        return None
    return output


def _model_voice(
    model: UrgencyModel | None, output: ModelOutput | None, text: str, puzzle: str, explain: bool
) -> Voice:
    if puzzle:
        return Voice("model", UNCERTAIN_LEVEL, f"needs a person: {puzzle}")
    if output is None or model is None:
        return Voice("model", None, "not assessed")
    level = round_up(output.level_probabilities, model.round_up_threshold)
    guess = max(range(5), key=lambda index: output.level_probabilities[index])
    reason = f"most like {_complaint(output)}, level {guess}"
    if level < guess:
        reason += f", rounded up to {level}"
    evidence: tuple[Evidence, ...] = ()
    span = model.salient_span(text, level) if explain else None
    if span:
        start, end = span
        evidence = (Evidence(start, end, text[start:end], reason, "model"),)
    return Voice("model", level, reason, evidence, max(output.level_probabilities))


def _source_voice(report: Report) -> Voice:
    if report.source_level is None:
        return Voice("source", None, "the source gave no level")
    return Voice("source", report.source_level, f"the source says level {report.source_level}")


def _rule_hits(rules: Sequence[Rule], report: Report, now: datetime) -> list[tuple[Rule, Voice]]:
    hits = []
    for rule in sorted(rules, key=lambda item: item.order):
        voice = rule_engine.match(rule, report, now)
        if voice is not None:
            hits.append((rule, voice))
    return hits


def _complaint(output: ModelOutput | None) -> str:
    if output is None or not output.complaint_scores:
        return UNCLEAR
    return max(output.complaint_scores, key=lambda slug: output.complaint_scores[slug])


def _evidence(voices: Sequence[Voice]) -> tuple[Evidence, ...]:
    """All findings, those of the most urgent voices first."""
    ordered = sorted(voices, key=lambda voice: 9 if voice.level is None else voice.level)
    return tuple(item for voice in ordered for item in voice.evidence)


def _tags(report: Report, hits: Sequence[tuple[Rule, Voice]], puzzle: str) -> tuple[str, ...]:
    tags = [rule.tag for rule, _voice in hits if rule.tag]
    if puzzle:
        tags.append(NEEDS_PERSON)
    if has_instructions(report.message):
        tags.append(STEERING)
    return tuple(dict.fromkeys(tags))


def _certain(level: int) -> tuple[float, ...]:
    return tuple(1.0 if index == level else 0.0 for index in range(5))
