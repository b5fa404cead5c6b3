"""Only a person's approval makes a draft count, and only once."""

import pytest

from triage.actions import drafts, overrides, review
from triage.errors import Conflict, InvalidReport
from triage.models import Draft


@pytest.fixture
def done(classified) -> Draft:
    draft = drafts.claim("w", 1)[0]
    drafts.append_text(draft, "w", 0, "Summary: x", 3)
    drafts.finish(draft, "w", flags=[], num_preemptions=0)
    return draft


def test_approving_keeps_the_text_and_the_name(done, dispatcher):
    draft = review.approve(done.pk, actor=dispatcher)
    assert (draft.review, draft.final_text) == ("approved", "Summary: x")
    assert draft.reviewed_by == dispatcher


def test_an_edit_is_told_from_an_approval(done, dispatcher):
    draft = review.approve(done.pk, actor=dispatcher, edited_text="Summary: y")
    assert (draft.review, draft.final_text, draft.text) == ("edited", "Summary: y", "Summary: x")


def test_a_reviewed_draft_stays_as_it_was_reviewed(done, dispatcher):
    review.reject(done.pk, actor=dispatcher, reason="wrong patient")
    with pytest.raises(Conflict):
        review.approve(done.pk, actor=dispatcher)


def test_an_unfinished_draft_cannot_be_approved(classified, dispatcher):
    with pytest.raises(Conflict):
        review.approve(classified.drafts.get().pk, actor=dispatcher)


@pytest.mark.parametrize(("urgency", "reason"), [(5, "because"), (2, "  "), (2, "x" * 301)])
def test_an_override_needs_a_level_and_a_reason(classified, dispatcher, urgency, reason):
    with pytest.raises(InvalidReport):
        overrides.override_urgency(classified.pk, urgency, reason, actor=dispatcher)


def test_an_override_is_logged_with_before_and_after(classified, dispatcher):
    before = classified.urgency
    overrides.override_urgency(classified.pk, 0, "blue lips", actor=dispatcher)
    entry = classified.log.filter(action="overridden").get()
    assert (entry.detail["before"], entry.detail["urgency"]) == (before, 0)
    assert entry.actor == dispatcher
