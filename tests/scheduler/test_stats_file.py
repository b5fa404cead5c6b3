"""The counters of the engine's scheduler in a file."""

import json
import logging

import pytest

from scheduler.engine import stats_file
from scheduler.engine.stats import EngineStats
from scheduler.engine.stats_file import StatsFile


@pytest.fixture(autouse=True)
def no_thread_of_its_own(monkeypatch):
    """The tests say when it writes."""
    monkeypatch.setattr(stats_file, "INTERVAL_S", 3600)


def test_a_failed_write_is_logged_once_and_tried_again(tmp_path, caplog):
    stats, folder = EngineStats("semantic-plus"), tmp_path / "not there yet"
    file = StatsFile(stats, str(folder / "stats.json"))
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            file._write()
    assert len(caplog.records) == 1
    assert not file._stop.is_set(), "its thread goes on"
    folder.mkdir()
    stats.retriages_total = 7
    file._write()
    assert json.loads((folder / "stats.json").read_text())["retriages_total"] == 7
    file.close()


def test_what_changed_last_is_written_at_the_end(tmp_path):
    stats = EngineStats("semantic-plus")
    file = StatsFile(stats, str(tmp_path / "stats.json"))
    stats.errors_total = 3
    stats.idle()
    file.close()
    file.close()
    assert json.loads((tmp_path / "stats.json").read_text())["errors_total"] == 3
