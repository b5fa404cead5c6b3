"""The values that go in and out of classification. No database, no framework."""

from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Literal

NUM_LEVELS = 5
MOST_URGENT, LEAST_URGENT = 0, 4


@dataclass(frozen=True, slots=True)
class Report:
    """What was reported. `source_level` is the level the source itself gave, if any."""

    message: str
    age_years: float | None = None
    sex: str = ""
    location: str = ""
    source_level: int | None = None
    source_slug: str = ""
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Characters [start, end) of the message, and what they speak for."""

    start: int
    end: int
    text: str
    reason: str
    voice: str


@dataclass(frozen=True, slots=True)
class Voice:
    """One opinion. `level` None: this voice has nothing to say."""

    name: str  # model | rules | red_flags | vitals | source
    level: int | None
    reason: str
    evidence: tuple[Evidence, ...] = ()
    confidence: float | None = None  # 0.0–1.0


@dataclass(frozen=True, slots=True)
class Rule:
    """An administrator's priority rule. All conditions that are set must hold."""

    id: str
    name: str
    order: int
    words: tuple[str, ...] = ()
    pattern: str = ""  # RE2
    min_age: float | None = None  # years
    max_age: float | None = None
    source_slug: str = ""
    active_from: datetime | None = None
    active_until: datetime | None = None
    time_from: time | None = None  # UTC
    time_until: time | None = None
    action: Literal["at_least", "at_most", "exactly", "tag"] = "at_least"
    level: int | None = None
    tag: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ModelOutput:
    """What the encoder says of one message."""

    level_probabilities: tuple[float, ...]  # level 0 first, sum 1
    complaint_scores: dict[str, float]  # the likeliest complaints, sum at most 1
    version: str
    asides: tuple[tuple[int, int], ...] = ()  # characters of the text read: something else
    num_read: int | None = None  # its characters as far as they were read; None: to the end


@dataclass(frozen=True, slots=True)
class Decision:
    """The fused urgency and everything it rests on."""

    urgency: int
    level_probabilities: tuple[float, ...]
    confidence: float
    voices: tuple[Voice, ...]
    evidence: tuple[Evidence, ...]
    complaint: str
    disagreement: bool  # two voices are two or more levels apart
    assessed: bool  # the model took part
    language: str
    model_version: str = ""
    complaint_scores: dict[str, float] = field(default_factory=dict)
    rule_hits: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    latency_ms: float = 0.0
