"""Asides: which tokens they are, and that no level rests on them; long messages in windows."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from triage.classify import ModelOutput, Report, assess
from triage.classify.additions import EACH, additions, effects
from triage.classify.asides import aside_spans
from triage.classify.windows import MAX_WINDOWS, WINDOW_CHARS, windows

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TEXT = "the hedge is tall now, she cannot breathe"
WORDS = [(0, 3), (4, 9), (10, 12), (13, 17), (18, 21), (23, 26), (27, 33), (34, 41)]


class DilutedModel:
    """Calmer with every word, and sure that words in capitals are beside the point."""

    version = "fake"
    round_up_thresholds = (0.5, 0.5, 0.5, 0.5)

    def __init__(self):
        self.read = []

    def predict(self, texts):
        self.read += texts
        return [self._one(text) for text in texts]

    def salient_span(self, text, level):
        return (0, min(4, len(text)))

    def _one(self, text):
        level = 1 if "breathe" in text and len(text.split()) < 6 else 3
        shares = tuple(1.0 if index == level else 0.0 for index in range(5))
        loud = [i for i, char in enumerate(text) if char.isupper()]
        asides = ((loud[0], loud[-1] + 1),) if loud else ()
        return ModelOutput(shares, {}, self.version, asides)


def _urgency(message, model):
    return assess(Report(message), rules=[], model=model, now=NOW).urgency


@pytest.mark.parametrize(
    ("shares", "found"),
    [
        ([0.9] * 5 + [0.1] * 3, ["the hedge is tall now"]),
        ([0.9, 0.9, 0.2, 0.9, 0.9, 0.1, 0.1, 0.1], ["the hedge is tall now"]),  # one slip inside
        ([0.1, 0.1, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1], []),  # one word alone
        ([0.9] * 8, [TEXT]),
        ([0.1] * 8, []),
    ],
)
def test_an_aside_is_a_stretch_of_tokens(shares, found):
    spans = aside_spans(shares, WORDS, TEXT)
    assert [TEXT[start:end] for start, end in spans] == found


def test_an_aside_ends_with_a_whole_word():
    pieces = [(0, 3), (4, 9), (10, 12), (13, 15), (15, 17), (18, 21), (23, 26), (27, 33), (34, 41)]
    spans = aside_spans([0.9] * 4 + [0.1] * 5, pieces, TEXT)
    assert [TEXT[start:end] for start, end in spans] == ["the hedge is tall"]


def test_tokens_that_stand_for_no_characters_count_for_nothing():
    assert aside_spans([0.9] * 6, [(0, 0)] * 6, TEXT) == ()


def test_what_is_beside_the_point_does_not_dilute():
    model = DilutedModel()
    assert _urgency("she can hardly breathe", model) == 1
    assert _urgency("WE HAVE MOVED HERE IN SPRING she can hardly breathe", model) == 1
    assert model.read[-1].split() == ["she", "can", "hardly", "breathe"]


def test_a_message_that_is_all_aside_is_read_as_it_is():
    model = DilutedModel()
    assert _urgency("WE HAVE MOVED HERE IN SPRING ok", model) == 3
    assert len(model.read) == 1


def test_a_short_message_has_no_windows():
    assert windows("x" * WINDOW_CHARS) == []


def test_windows_cover_a_long_message_with_whole_words():
    text = " ".join(f"word{number}" for number in range(400))
    spans = windows(text)
    assert spans[0][0] == 0 and spans[-1][1] == len(text)
    assert all(later[0] < earlier[1] for earlier, later in pairwise(spans))
    for start, end in spans:
        assert all(word in text.split() for word in text[start:end].split())


def test_of_a_huge_message_both_ends_are_read():
    text = "a " * 10_000
    spans = windows(text)
    assert len(spans) == MAX_WINDOWS
    assert spans[0][0] == 0 and spans[-1][1] == len(text)


def test_the_last_words_of_a_long_message_count():
    calm = "we walked along the canal and looked at the boats for a while. " * 30
    model = DilutedModel()
    assess(Report(calm + "she can hardly breathe"), rules=[], model=model, now=NOW)
    assert any(text.endswith("she can hardly breathe") for text in model.read[1:])


def test_the_evidence_of_a_window_points_into_the_message():
    calm = "we walked along the canal and looked at the boats for a while. " * 30
    decision = assess(Report(calm + "she is fine"), rules=[], model=DilutedModel(), now=NOW)
    for item in decision.evidence:
        assert (calm + "she is fine")[item.start : item.end] == item.text


def test_additions_are_counted_by_what_they_do():
    texts = ["she can breathe", "a sore toe"]
    found = effects(texts, [1, 4], DilutedModel())
    assert set(found) == {"orders", "chatter"}
    for counts in found.values():
        assert counts["n"] == EACH * len(texts)
        assert counts["raised"] >= EACH  # the toe, which the fake takes for level 3
        assert counts["lost"] <= counts["lowered"] <= EACH


def test_there_are_many_additions_and_none_twice():
    for sentences in additions().values():
        assert len(sentences) >= 40
        assert len(set(sentences)) == len(sentences)


def test_no_addition_is_trained_on():
    asides = pytest.importorskip("training.urgency.asides")  # a product without its training
    lines = {line.lower() for line in asides.FILE.read_text(encoding="utf-8").splitlines()}
    tested = {line.lower() for kind in additions().values() for line in kind}
    assert not tested & lines
