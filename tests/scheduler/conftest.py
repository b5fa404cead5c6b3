"""An engine without a model for the tests of the vLLM plug-in."""

import pytest


@pytest.fixture(scope="module")
def config():
    from tests.scheduler.vllm_bare import make_config

    return make_config(slots=4, step_tokens=256)


@pytest.fixture
def engine(config, monkeypatch):
    from tests.scheduler.vllm_bare import BareEngine, make_scheduler

    monkeypatch.delenv("SEMTRIAGE_STATS_FILE", raising=False)
    monkeypatch.setenv("SEMTRIAGE_POLICY", "semantic-plus")
    return BareEngine(make_scheduler(config, blocks=400))
