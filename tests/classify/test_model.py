"""The trained model, as shipped: it loads, agrees with plain cases and is quick."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from triage.classify import Report, assess, load_model

WEIGHTS = Path(__file__).resolve().parents[2] / "weights" / "urgency"


@pytest.fixture(scope="module")
def model():
    return load_model(WEIGHTS)


def _urgency(model, message):
    return assess(Report(message), rules=[], model=model, now=datetime.now(UTC)).urgency


def test_probabilities_are_probabilities(model):
    outputs = model.predict(["chest pain and sweating", "a", "need a refill " * 200])
    for output in outputs:
        assert sum(output.level_probabilities) == pytest.approx(1, abs=1e-4)
        assert min(output.level_probabilities) >= 0


def test_plain_cases_are_where_they_belong(model):
    assert _urgency(model, "he has crushing chest pain and is sweating") <= 1
    assert _urgency(model, "I need my blood pressure prescription renewed, I feel fine") >= 3
    assert _urgency(model, "cut my finger, it stopped bleeding, maybe stitches") >= 2


def test_complaints_choose_the_card(model):
    output = model.predict(["she is choking on a piece of meat"])[0]
    assert max(output.complaint_scores, key=output.complaint_scores.get) == "choking"


def test_order_of_a_batch_does_not_matter(model):
    texts = ["chest pain", "my toe hurts", "she fell down the stairs and her hip hurts a lot"]
    alone = [model.predict([text])[0].level_probabilities for text in texts]
    batched = [output.level_probabilities for output in model.predict(texts)]
    for one, many in zip(alone, batched, strict=True):
        assert one == pytest.approx(many, abs=1e-3)


def test_weights_of_another_encoder_are_refused(tmp_path):
    (tmp_path / "settings.json").write_text("{}")
    with pytest.raises((KeyError, ValueError, OSError)):
        load_model(tmp_path)
