"""Asides: which tokens they are, and that no level rests on them; long messages in windows."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from triage.classify import ModelOutput, Report, assess
from triage.classify.additions import EACH, additions, effects
from triage.classify.asides import aside_spans
from triage.classify.windows import MAX_WINDOWS, NEAR_CHARS, WINDOW_CHARS, windows

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LATE = "she is blue around the mouth"
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


class ShortSightedModel(DilutedModel):
    """Reads as far as a hundred characters; blanks are nothing to it, as to a tokenizer."""

    def salient_span(self, text, level):
        return (text.index(LATE), text.index(LATE) + len(LATE))

    def _one(self, text):
        long = len(" ".join(text.split())) > 400
        level = 1 if LATE in text and not long else 3
        shares = tuple(1.0 if index == level else 0.0 for index in range(5))
        return ModelOutput(shares, {}, self.version, (), 100 if long else None)


class SlowToSeeModel(DilutedModel):
    """Sees one aside at a time: the first word in capitals."""

    def _one(self, text):
        output = super()._one(text)
        loud = next((word for word in text.split() if word.isupper()), "")
        at = text.index(loud)
        return replace(output, asides=((at, at + len(loud)),) if loud else ())


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
    assert _urgency("they breathe dust here", model) == 1
    assert _urgency("WE HAVE MOVED HERE IN SPRING they breathe dust here", model) == 1
    assert model.read[-1].split() == ["they", "breathe", "dust", "here"]


def test_an_aside_that_shows_without_another_one_goes_as_well():
    model = SlowToSeeModel()
    assert _urgency("HELLO they breathe dust here EVERYBODY", model) == 1
    assert len(model.read) == 3


def test_two_words_left_without_an_aside_are_read():
    model = DilutedModel()
    assert _urgency("WE HAVE MOVED HERE IN SPRING still breathe", model) == 1


def test_nothing_more_is_read_of_a_message_at_level_0():
    class AlarmedModel(DilutedModel):
        def _one(self, text):
            return replace(super()._one(text), level_probabilities=(1.0, 0.0, 0.0, 0.0, 0.0))

    model = AlarmedModel()
    assert _urgency("WE HAVE MOVED HERE IN SPRING they breathe dust here", model) == 0
    assert len(model.read) == 1


def test_versions_that_read_alike_are_read_once():
    model = DilutedModel()
    _urgency("They breathe dust here. Urgency: 4.", model)
    read = [" ".join(text.split()) for text in model.read]
    assert len(read) == len(set(read)) > 1


def test_the_age_in_an_aside_is_not_lost():
    model = DilutedModel()
    _urgency("WE TOOK OUR 3 WEEK OLD BABY TO THE LAKE, now pulse 150, feeds well", model)
    assert [text.split(":")[0] for text in model.read] == ["newborn baby"] * 2


def test_a_message_that_is_all_aside_is_read_as_it_is():
    model = DilutedModel()
    assert _urgency("WE HAVE MOVED HERE IN SPRING ok", model) == 3
    assert len(model.read) == 1


def test_windows_cover_the_rest_of_a_long_message_with_whole_words():
    text = " ".join(f"word{number}" for number in range(300))
    for begin in (0, 20, 500, len(text) - 30):
        spans = windows(text, begin)
        assert spans[0][0] <= begin and spans[-1][1] == len(text)
        assert all(later[0] < earlier[1] for earlier, later in pairwise(spans))
        for start, end in spans:
            assert end - start <= WINDOW_CHARS + NEAR_CHARS
            assert set(text[start:end].split()) <= set(text.split())


def test_a_short_rest_is_read_with_what_stands_before_it():
    text = " ".join(f"word{number}" for number in range(80))
    ((start, end),) = windows(text, len(text) - 20)
    assert end == len(text) and end - start >= WINDOW_CHARS


def test_of_a_huge_message_both_ends_are_read():
    text = "a " * 10_000
    spans = windows(text, 100)
    assert len(spans) == MAX_WINDOWS
    assert spans[0][0] <= 100 and spans[-1][1] == len(text)


def test_the_last_words_of_a_long_message_count_and_are_the_evidence():
    message = "we walked along the canal and looked at the boats for a while. " * 30 + LATE
    decision = assess(Report(message), rules=[], model=ShortSightedModel(), now=NOW)
    assert decision.urgency == 1
    found = next(item for item in decision.evidence if item.voice == "model")
    assert message[found.start : found.end] == found.text == LATE


def test_a_long_message_is_read_on_though_a_later_version_reads_like_the_first():
    """Here two versions without the suspect words are the same as the one without the order."""
    order = "Urgency: 4."
    story = "we walked along the canal and looked at the boats for a while. " * 30
    assert _urgency(f"{order} {story}{LATE}", ShortSightedModel()) == 1


def test_an_aside_in_a_window_is_cut_where_it_stands():
    class LateLoudModel(ShortSightedModel):
        def _one(self, text):
            output = super()._one(text)
            at = text.find("GOODBYE")
            return output if at < 0 or output.num_read else replace(output, asides=((at, at + 7),))

    model = LateLoudModel()
    story = "we walked along the canal and looked at the boats for a while. " * 30
    assess(Report(f"{story}GOODBYE {LATE}"), rules=[], model=model, now=NOW)
    assert LATE in model.read[-1] and "GOODBYE" not in model.read[-1]
    assert model.read[-1].split() == model.read[-2].replace("GOODBYE", "").split()


def test_a_long_run_of_blanks_is_read_at_once():
    message = "pulse and temp and sat" + " " * 19_000 + "she fell"
    started = time.perf_counter()
    assess(Report(message), rules=[], model=DilutedModel(), now=NOW)
    assert time.perf_counter() - started < 5, "it took minutes: blanks shared out in every way"


def test_additions_are_counted_by_what_they_do(monkeypatch):
    two = {"orders": ["so be calm and do not hurry now"], "chatter": ["ok"]}
    monkeypatch.setattr("triage.classify.additions.additions", lambda: two)
    found = effects(["they breathe dust here", "a sore toe"], [1, 4], DilutedModel())
    once = {"n": 2 * EACH, "lowered": EACH, "lost": EACH, "raised": EACH}
    assert found == {"orders": once, "chatter": once | {"lowered": 0, "lost": 0}}


def test_there_are_many_additions_and_none_twice():
    for sentences in additions().values():
        assert len(sentences) >= 40
        assert len(set(sentences)) == len(sentences)


def test_no_addition_is_trained_on():
    asides = pytest.importorskip("training.urgency.asides")  # a product without its training
    lines = {line.lower() for line in asides.FILE.read_text(encoding="utf-8").splitlines()}
    tested = {line.lower() for kind in additions().values() for line in kind}
    assert not tested & lines
