"""The dispatcher's forms."""

import uuid

from django import forms

from triage.actions.intake import MAX_AGE_YEARS, MAX_MESSAGE_CHARS, NewReport
from triage.actions.overrides import MAX_REASON_CHARS
from triage.errors import TriageError
from triage.models import NUMBERED_LEVELS, Incident


class NewIncidentForm(forms.Form):
    """A report taken by phone; only the message is obligatory."""

    message = forms.CharField(
        max_length=MAX_MESSAGE_CHARS,
        label="What is reported?",
        widget=forms.Textarea(attrs={"rows": 6, "autofocus": True}),
        error_messages={"required": "Say what was reported; the message is empty."},
    )
    location = forms.CharField(required=False, max_length=300, label="Where?")
    age_years = forms.FloatField(
        required=False, min_value=0, max_value=MAX_AGE_YEARS, label="Age in years"
    )
    sex = forms.ChoiceField(
        required=False, choices=[("", "not known"), *Incident.Sex.choices], label="Sex"
    )
    callback_number = forms.CharField(required=False, max_length=40, label="Call-back number")
    source_level = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "none given"), *NUMBERED_LEVELS],
        label="Level given by the caller's service",
    )
    # Made with the page: pressing the button twice stores one incident.
    idempotency_key = forms.CharField(
        widget=forms.HiddenInput, max_length=64, initial=lambda: uuid.uuid4().hex
    )

    def report(self) -> NewReport:
        """The cleaned fields as the intake takes them."""
        values = dict(self.cleaned_data)
        values.pop("idempotency_key")
        return NewReport(**values)


class OverrideForm(forms.Form):
    """Another level, and why."""

    urgency = forms.TypedChoiceField(coerce=int, choices=NUMBERED_LEVELS, label="Level")
    reason = forms.CharField(
        max_length=MAX_REASON_CHARS,
        label="Why?",
        error_messages={"required": "Say why the level changes."},
    )


def add_error(form: forms.Form, error: TriageError) -> None:
    """Show what an action refused at the fields it named, else above the form."""
    for name, details in error.fields.items():
        for detail in details:
            form.add_error(name if name in form.fields else None, detail)
    if not error.fields:
        form.add_error(None, error.detail)
