"""Reports in, decisions out: every voice is heard, the fusion decides."""

import logging
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from triage.classify import rules as rule_engine
from triage.classify.fusion import UNCERTAIN_LEVEL, fuse, round_up
from triage.classify.injection import has_instructions
from triage.classify.reading import Reading
from triage.classify.red_flags import red_flags
from triage.classify.types import Decision, Evidence, ModelOutput, Report, Rule, Voice
from triage.classify.versions import Prepared, Version, distinct, further, prepare
from triage.classify.vitals import vitals_voice

log = logging.getLogger(__name__)

UNCLEAR = "unclear"
NEEDS_PERSON = "needs-a-person"
STEERING = "talks-to-the-software"
MAX_ROUNDS = 3  # of the model: what it asks for, and what that asks for
Heard = tuple[Version, ModelOutput]


class UrgencyModel(Protocol):
    """A trained model: readings in (see reading.py), probabilities out."""

    version: str
    round_up_thresholds: Sequence[float]

    def predict(self, texts: Sequence[str]) -> list[ModelOutput]: ...

    def salient_span(self, text: str, level: int) -> tuple[int, int] | None: ...


def assess(
    report: Report, *, rules: Sequence[Rule], model: UrgencyModel | None, now: datetime
) -> Decision:
    """Give a report its urgency. Never raises because of the model: then the rules decide.

    `now` is the moment the rules' dates and times of day are held against.
    """
    return assess_many([report], rules=rules, model=model, now=now)[0]


def assess_many(
    reports: Sequence[Report],
    *,
    rules: Sequence[Rule],
    model: UrgencyModel | None,
    now: datetime,
) -> list[Decision]:
    """Assess a batch: the same decisions as one by one, in fewer passes of the model."""
    started = time.perf_counter()
    prepared = [prepare(report) for report in reports]
    decisions = []
    for item, heard in zip(prepared, _hear(model, prepared), strict=True):
        decisions.append(_decide(item, heard, rules, model, now, started))
        started = time.perf_counter()
    return decisions


def _hear(model: UrgencyModel | None, prepared: Sequence[Prepared]) -> list[list[Heard]]:
    """What the model says of each report's versions, those that its answers ask for included.

    A round is one batch over all reports. Nothing is more urgent than level 0: then no more is
    asked.
    """
    heard: list[list[Heard]] = [[] for _item in prepared]
    if model is None:
        return heard
    asked = [item.asked() for item in prepared]
    for _round in range(MAX_ROUNDS):
        outputs = iter(_ask(model, [one.reading.text for new in asked for one in new]))
        for index, item in enumerate(prepared):
            new = [(version, next(outputs)) for version in asked[index]]
            answers = [(version, output) for version, output in new if output is not None]
            heard[index] += answers
            asked[index] = []
            if min((_level(output, model) for _version, output in heard[index]), default=0) > 0:
                more = [one for answer in answers for one in further(item, *answer)]
                asked[index] = distinct(more, [version for version, _output in heard[index]])
        if not any(asked):
            break
    return heard


def _ask(model: UrgencyModel, texts: list[str]) -> list[ModelOutput | None]:
    if not texts:
        return []
    try:
        outputs = model.predict(texts)
    except Exception:  # out of memory, broken weights: the other voices still decide
        log.exception("The urgency model failed; the rules decide alone")
        return [None] * len(texts)
    return [output if _sound(output) else None for output in outputs]


def _sound(output: ModelOutput) -> bool:
    if all(0 <= value <= 1 for value in output.level_probabilities):  # False for NaN
        return True
    log.error("The urgency model returned no probabilities; the rules decide alone")
    return False


def _decide(
    item: Prepared,
    heard: Sequence[Heard],
    rules: Sequence[Rule],
    model: UrgencyModel | None,
    now: datetime,
    started: float,
) -> Decision:
    report, message = item.report, item.report.message
    version, output = _most_urgent(heard, model) or (item.cleaned, None)
    puzzle = item.puzzle
    if item.doubt and (output is None or model is None or _level(output, model) > UNCERTAIN_LEVEL):
        puzzle, output = item.doubt, None  # a more urgent level it keeps
    others = [red_flags(item.cleaned.text, item.cleaned.reading),
              vitals_voice(message, report.age_years), _source_voice(report)]  # fmt: skip
    hits = _rule_hits(rules, report, now)
    # The telling passage costs another pass: only where no other voice points at a word.
    explain = not any(voice.evidence for voice in [*others, *(voice for _rule, voice in hits)])
    voices = [_model_voice(model, output, version.reading, message, puzzle, explain), *others]
    fused = fuse(voices, hits)
    spoken = [*voices, *(voice for _rule, voice in hits)]
    probabilities = output.level_probabilities if output else ()
    return Decision(
        urgency=fused.urgency,
        level_probabilities=probabilities or _certain(fused.urgency),
        confidence=max(probabilities) if probabilities else 0.0,
        voices=tuple(spoken),
        evidence=_evidence(spoken),
        complaint=_complaint(output),
        complaint_scores=dict(output.complaint_scores) if output else {},
        disagreement=fused.disagreement,
        rule_hits=tuple(rule.name for rule, _voice in hits),
        tags=_tags(report, hits, item.doubt),
        model_version=output.version if output else "",
        assessed=output is not None or bool(puzzle and model),
        language=item.cleaned.language,
        latency_ms=1000 * (time.perf_counter() - started),
    )


def _most_urgent(heard: Sequence[Heard], model: UrgencyModel | None) -> Heard | None:
    """The version with the most urgent answer; None when the model said nothing."""
    if not heard or model is None:
        return None
    return min(heard, key=lambda one: (_level(one[1], model), _mean_level(one[1])))


def _level(output: ModelOutput, model: UrgencyModel) -> int:
    return round_up(output.level_probabilities, model.round_up_thresholds)


def _mean_level(output: ModelOutput) -> float:
    return sum(level * share for level, share in enumerate(output.level_probabilities))


def _model_voice(
    model: UrgencyModel | None,
    output: ModelOutput | None,
    reading: Reading,
    message: str,
    puzzle: str,
    explain: bool,
) -> Voice:
    if puzzle:
        return Voice("model", UNCERTAIN_LEVEL, f"needs a person: {puzzle}")
    if output is None or model is None:
        return Voice("model", None, "not assessed")
    level = _level(output, model)
    guess = max(range(5), key=lambda index: output.level_probabilities[index])
    reason = f"most like {_complaint(output)}, level {guess}"
    if level < guess:
        reason += f", rounded up to {level}"
    inside = model.salient_span(reading.text, level) if explain else None
    span = reading.span(*inside) if inside else None
    evidence: tuple[Evidence, ...] = ()
    if span:
        text = message[slice(*span)]
        evidence = (Evidence(*span, text, reason, "model"),)
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
    """Findings of the most urgent voices first."""
    ordered = sorted(voices, key=lambda voice: 9 if voice.level is None else voice.level)
    return tuple(item for voice in ordered for item in voice.evidence)


def _tags(report: Report, hits: Sequence[tuple[Rule, Voice]], doubt: str) -> tuple[str, ...]:
    tags = [rule.tag for rule, _voice in hits if rule.tag]
    if doubt:
        tags.append(NEEDS_PERSON)
    if has_instructions(report.message):
        tags.append(STEERING)
    return tuple(dict.fromkeys(tags))


def _certain(level: int) -> tuple[float, ...]:
    return tuple(1.0 if index == level else 0.0 for index in range(5))
