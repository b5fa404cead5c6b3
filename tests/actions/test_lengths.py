"""Predicted lengths in service: by card and level, corrected by the latest drafts of one model."""

import pytest
from django.utils import timezone

from triage.actions import lengths, overrides
from triage.classify.length import WINDOW
from triage.models import Draft


@pytest.fixture(autouse=True)
def _fresh():
    lengths.forget_correction()
    yield
    lengths.forget_correction()


def _done(incident, model, tokens, baseline, count=1):
    Draft.objects.bulk_create(
        Draft(
            incident=incident, status="done", urgency=2, predicted_tokens=baseline,
            predicted_remaining_tokens=0, baseline_tokens=baseline, num_tokens=tokens,
            engine_model=model, enqueued_at=timezone.now(), finished_at=timezone.now(),
        )
        for _ in range(count)
    )  # fmt: skip


def test_a_queued_draft_has_a_prediction_and_its_baseline(classified):
    draft = classified.drafts.get()
    assert draft.predicted_tokens == draft.predicted_remaining_tokens == draft.baseline_tokens
    assert draft.baseline_tokens > 50


def test_it_learns_from_the_latest_drafts_of_the_model_in_service(classified):
    before = lengths.predict(classified).tokens
    _done(classified, "old-model", 50, 100, count=300)
    _done(classified, "new-model", 300, 100, count=WINDOW // 2)
    lengths.forget_correction()
    correction = lengths.latest_correction()
    assert set(correction.ratios) == {3.0}
    assert lengths.predict(classified).tokens > 2.3 * before


def test_another_process_or_a_restart_learns_the_same(classified):
    _done(classified, "m", 200, 100, count=30)
    first = lengths.latest_correction()
    lengths.forget_correction()
    assert lengths.correction_in_force() == first


def test_drafts_from_before_baselines_were_kept_are_left_out(classified):
    _done(classified, "m", 200, 0, count=5)
    assert lengths.latest_correction().ratios == ()


def test_a_queued_draft_is_predicted_anew_when_its_level_changes(classified, dispatcher):
    before = classified.drafts.get().predicted_tokens
    other = 0 if classified.urgency != 0 else 4
    overrides.override_urgency(classified.pk, other, "seen", actor=dispatcher)
    assert classified.drafts.get().predicted_tokens != before


def test_a_running_draft_keeps_its_prediction(classified, dispatcher):
    Draft.objects.filter(incident=classified).update(
        status="running", lease_owner="w", lease_expires_at=timezone.now(), text="Summary:"
    )
    before = classified.drafts.get().predicted_tokens
    overrides.override_urgency(classified.pk, 0, "seen", actor=dispatcher)
    assert classified.drafts.get().predicted_tokens == before
