"""How long a draft will be, by what is known of it and what the model in service did lately."""

import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache

from triage.classify.length import WINDOW, Correction, LengthPrediction, LengthPredictor
from triage.config.env import BASE_DIR
from triage.llm.cards import choose_card
from triage.llm.lengths import features_of
from triage.llm.prompts import known_facts
from triage.models import Assessment, Draft, Incident

LENGTHS_FILE = BASE_DIR / "weights" / "draft" / "lengths.json"
REFRESH_S = 5.0  # the correction moves slowly; a burst of reports must not ask for it each time


@lru_cache(maxsize=1)
def length_predictor() -> LengthPredictor:
    """The measured table, read once."""
    return LengthPredictor.load(LENGTHS_FILE if LENGTHS_FILE.exists() else None)


def predict(incident: Incident) -> LengthPrediction:
    """The length of a draft for this incident at its present urgency, which must be set."""
    assessment = Assessment.objects.filter(incident=incident, in_force=True).first()
    scores = assessment.complaint_scores if assessment else {}
    assert incident.urgency is not None, "drafts are queued with an urgency"
    card = choose_card(incident.message, incident.complaint, scores, incident.urgency)
    facts = known_facts(
        incident.message,
        age_years=incident.age_years,
        sex=incident.sex,
        location=incident.location,
    )
    return length_predictor().predict(
        features_of(card, incident.urgency, facts), correction_in_force()
    )


def latest_correction() -> Correction:
    """Learnt from the latest drafts of the model that finished one last.

    It is read from the drafts themselves, so all processes share it and it survives a restart.
    """
    done = Draft.objects.filter(status=Draft.Status.DONE, finished_at__isnull=False)
    rows = list(
        done.order_by("-finished_at").values_list("engine_model", "num_tokens", "baseline_tokens")[
            :WINDOW
        ]
    )
    return Correction(
        tuple(
            tokens / baseline
            for model, tokens, baseline in rows
            if model == rows[0][0] and tokens > 0 and baseline > 0
        )
    )


@dataclass
class _Remembered:
    correction: Correction = field(default_factory=Correction)
    until_s: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


_remembered = _Remembered()


def correction_in_force() -> Correction:
    """The latest correction, at most REFRESH_S old."""
    with _remembered.lock:
        if time.monotonic() >= _remembered.until_s:
            _remembered.correction = latest_correction()
            _remembered.until_s = time.monotonic() + REFRESH_S
        return _remembered.correction


def forget_correction() -> None:
    """Read the drafts anew at the next prediction."""
    with _remembered.lock:
        _remembered.until_s = 0.0
