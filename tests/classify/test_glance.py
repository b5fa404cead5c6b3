"""The first glance: to the urgent side, and never in the way."""

import importlib

import pytest

from triage.classify import Report, glance

module = importlib.import_module("triage.classify.glance")


@pytest.mark.parametrize(
    ("report", "level"),
    [
        (Report("My father collapsed, he is not breathing"), 0),
        (Report("my wrist hurts after a fall"), 2),
        (Report("no complaints, SpO2 78"), 0),
        (Report("my wrist hurts", source_level=1), 1),
        (Report("my wrist hurts", source_level=4), 2),
    ],
)
def test_it_takes_the_most_urgent_finding(report, level):
    assert glance(report) == level


def test_the_end_of_a_long_story_counts():
    story = "we went to the lake and had a picnic with the neighbours, " * 300
    assert glance(Report(story + "and now he is not breathing")) == 0


def test_in_trouble_it_is_looked_at_first(monkeypatch):
    def broken(_text):
        raise RuntimeError("a bug")

    monkeypatch.setattr(module, "red_flags", broken)
    assert glance(Report("my wrist hurts")) == 0
