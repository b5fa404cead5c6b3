"""Reports in, decisions out: every voice is heard, the fusion decides."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from triage.classify import rules as rule_engine
from triage.classify.fusion import UNCERTAIN_LEVEL, fuse, round_up
from triage.classify.injection import (
    has_instructions,
    without_instructions,
    without_steered_sentences,
)
from triage.classify.reading import Reading, read
from triage.classify.red_flags import red_flags
from triage.classify.suspects import blanked, without_suspects
from triage.classify.types import Decision, Evidence, ModelOutput, Report, Rule, Voice
from triage.classify.understanding import language_of, why_not_understood
from triage.classify.vitals import parse_age, vitals_voice
from triage.classify.windows import windows

log = logging.getLogger(__name__)

UNCLEAR = "unclear"
NEEDS_PERSON = "needs-a-person"
STEERING = "talks-to-the-software"
OVERLAP_CHARS = 80  # read again where a long message goes on
MIN_WORDS_LEFT = 3  # of a message without its suspect parts, to be read on its own


class UrgencyModel(Protocol):
    """A trained model: readings in (see reading.py), probabilities out."""

    version: str
    round_up_thresholds: Sequence[float]

    def predict(self, texts: Sequence[str]) -> list[ModelOutput]: ...

    def salient_span(self, text: str, level: int) -> tuple[int, int] | None: ...


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A report as the voices take it."""

    report: Report
    cleaned: str  # the message with passages to the software blanked
    language: str
    puzzle: str  # why no machine should judge it; "" when it can be judged
    doubt: str  # why it would be a puzzle without its talk to the software; "" for no doubt
    readings: tuple[Reading, ...]  # first without passages to the software, see injection.py

    def asked(self) -> tuple[Reading, ...]:
        """What the model is to read."""
        return () if self.puzzle else self.readings

    def with_readings(self, more: Sequence[Reading]) -> "_Prepared":
        return replace(self, readings=(*self.readings, *more)) if more else self


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
    prepared = [_prepare(report) for report in reports]
    outputs = iter(_ask(model, [r.text for item in prepared for r in item.asked()]))
    heard = [[next(outputs) for _reading in item.asked()] for item in prepared]
    further = [_read_further(item, mine) for item, mine in zip(prepared, heard, strict=True)]
    outputs = iter(_ask(model, [reading.text for more in further for reading in more]))
    decisions = []
    for item, mine, more in zip(prepared, heard, further, strict=True):
        mine += [next(outputs) for _reading in more]
        decisions.append(_decide(item.with_readings(more), mine, rules, model, now, started))
        started = time.perf_counter()
    return decisions


def _prepare(report: Report) -> _Prepared:
    # Blanked, not cut out: evidence spans still point into the original message.
    cleaned = without_instructions(report.message)
    language = language_of(cleaned)
    others = without_suspects(report.message)
    doubtful = others[:1]  # with suspect words blanked
    if cleaned != report.message:
        doubtful.append(without_steered_sentences(report.message))
    texts = [cleaned] + [
        text
        for text in dict.fromkeys([*doubtful, *others])
        if text not in (report.message, cleaned) and len(text.split()) >= MIN_WORDS_LEFT
    ]
    # A plea to the software is often in another language than the message.
    languages = [language, *(language_of(text) or language for text in texts[1:])]
    readings = tuple(
        read(text, age_years=report.age_years, sex=report.sex, language=code)
        for text, code in zip(texts, languages, strict=True)
    )
    puzzle = doubt = why_not_understood(cleaned, language)
    # Nor does it make a message understood that is not without it.
    for text in doubtful:
        if not doubt and text != report.message and text.strip():
            doubt = why_not_understood(text, language)
    return _Prepared(report, cleaned, language, puzzle, doubt, readings)


def _read_further(item: _Prepared, outputs: Sequence[ModelOutput | None]) -> list[Reading]:
    """What the first pass asks for: the message without what the model takes for asides, and
    the rest of one that is longer than the model reads. Both keep the whole message's age."""
    first = outputs[0] if outputs else None
    if first is None or not (first.asides or first.num_read):
        return []
    report, text, found = item.report, item.cleaned, []
    age = report.age_years if report.age_years is not None else parse_age(text)
    reading = item.readings[0]
    if first.asides:
        spans = [reading.span(*aside) for aside in first.asides]
        text = blanked(text, [span for span in spans if span])
        if len(text.split()) >= MIN_WORDS_LEFT:
            language = language_of(text) or item.language
            found.append(read(text, age_years=age, sex=report.sex, language=language))
    if first.num_read is not None:
        reached = max(reading.ends[: first.num_read], default=0)
        for start, end in windows(text, max(0, reached - OVERLAP_CHARS)):
            if len(text[start:end].split()) < MIN_WORDS_LEFT:  # an aside was blanked here
                continue
            piece = read(text[start:end], age_years=age, sex=report.sex, language=item.language)
            found.append(piece.moved(start))
    return found


def _ask(model: UrgencyModel | None, texts: list[str]) -> list[ModelOutput | None]:
    if model is None or not texts:
        return [None] * len(texts)
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
    item: _Prepared,
    outputs: list[ModelOutput | None],
    rules: Sequence[Rule],
    model: UrgencyModel | None,
    now: datetime,
    started: float,
) -> Decision:
    report, message = item.report, item.report.message
    output, reading = _most_urgent(outputs, item.readings, model)
    puzzle = item.puzzle
    if item.doubt and (output is None or model is None or _level(output, model) > UNCERTAIN_LEVEL):
        puzzle, output = item.doubt, None  # a more urgent level it keeps
    others = [red_flags(item.cleaned, item.readings[0]),
              vitals_voice(message, report.age_years), _source_voice(report)]  # fmt: skip
    hits = _rule_hits(rules, report, now)
    # The telling passage costs another pass: only where no other voice points at a word.
    explain = not any(voice.evidence for voice in [*others, *(voice for _rule, voice in hits)])
    voices = [_model_voice(model, output, reading, message, puzzle, explain), *others]
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
        tags=_tags(report, hits, item.doubt),
        model_version=output.version if output else "",
        assessed=output is not None or bool(puzzle and model),
        language=item.language,
        latency_ms=1000 * (time.perf_counter() - started),
    )


def _most_urgent(
    outputs: Sequence[ModelOutput | None], readings: Sequence[Reading], model: UrgencyModel | None
) -> tuple[ModelOutput | None, Reading]:
    """Of the message with and without talk to the software, the more urgent reading."""
    pairs = [(o, r) for o, r in zip(outputs, readings, strict=False) if o is not None]
    if not pairs:
        return None, readings[0]
    thresholds = model.round_up_thresholds if model else ()

    def urgency(pair: tuple[ModelOutput, Reading]) -> tuple[int, float]:
        return round_up(pair[0].level_probabilities, thresholds), _mean_level(pair[0])

    return min(pairs, key=urgency)


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
