"""Safe-side fusion: the most urgent voice wins until a person decides.

"At most" and "exactly" rules may lower what other voices say, but never below another rule's
"at least", and never below level 0 said by a rule. Their floor is the vital signs and red
flags of level 0: a rule cannot talk a collapse down.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from triage.classify.types import LEAST_URGENT, MOST_URGENT, Rule, Voice

DISAGREEMENT_LEVELS = 2
UNCERTAIN_LEVEL = 1  # nobody has anything to say: a person must look


@dataclass(frozen=True, slots=True)
class Fused:
    """The fused level and whether the voices are far apart."""

    urgency: int
    disagreement: bool


def fuse(voices: Sequence[Voice], hits: Sequence[tuple[Rule, Voice]]) -> Fused:
    """Fuse the voices and the rules that hit (in the rules' order)."""
    independent = [voice.level for voice in voices if voice.level is not None]
    at_least = [r.level for r, _ in hits if r.action == "at_least" and r.level is not None]
    spoken = [*independent, *at_least]
    urgency = min(spoken, default=UNCERTAIN_LEVEL)
    for rule, _voice in hits:
        if rule.level is None:
            continue
        if rule.action == "exactly":
            urgency = min([rule.level, *at_least])
        elif rule.action == "at_most":
            urgency = min([max(urgency, rule.level), *at_least])
    collapse = [
        voice.level
        for voice in voices
        if voice.name in ("red_flags", "vitals") and voice.level == MOST_URGENT
    ]
    urgency = min([urgency, *collapse])
    every = [*spoken, *(r.level for r, _ in hits if r.level is not None)]
    far_apart = bool(every) and max(every) - min(every) >= DISAGREEMENT_LEVELS
    return Fused(max(MOST_URGENT, min(LEAST_URGENT, urgency)), far_apart)


def round_up(probabilities: Sequence[float], thresholds: Sequence[float]) -> int:
    """The most urgent level whose share, summed from level 0 on, passes its threshold.

    `thresholds[k]` is the share of "level k or more urgent" that is enough for k. Below one
    half, doubt moves the level to the urgent side: missing an emergency costs more than sending
    one unit too many. They are chosen on validation data (see weights/urgency).
    """
    total = 0.0
    for level, (probability, threshold) in enumerate(zip(probabilities, thresholds, strict=False)):
        total += probability
        if total >= threshold:
            return level
    return LEAST_URGENT
