"""What goes in and out of the API."""

from typing import Any

from rest_framework import serializers

from triage.actions.intake import MAX_AGE_YEARS, MAX_MESSAGE_CHARS
from triage.models import Assessment, Draft, Incident


class ReportSerializer(serializers.Serializer):
    """A report as an intake system sends it; only the message is obligatory."""

    message = serializers.CharField(max_length=MAX_MESSAGE_CHARS, help_text="What was reported.")
    age_years = serializers.FloatField(
        required=False, allow_null=True, min_value=0, max_value=MAX_AGE_YEARS
    )
    sex = serializers.ChoiceField(choices=Incident.Sex.choices, required=False, allow_blank=True)
    location = serializers.CharField(required=False, allow_blank=True, max_length=300)
    callback_number = serializers.CharField(required=False, allow_blank=True, max_length=40)
    source_level = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=4,
        help_text="The source's own level: 0 immediate … 4 non-urgent.",
    )  # fmt: skip

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise serializers.ValidationError({"body": ["Send one JSON object."]})
        errors = {str(name)[:80]: ["There is no such field."]
                  for name in sorted(set(data) - set(self.fields))[:20]}  # fmt: skip
        for name in ("message", "sex", "location", "callback_number"):
            if name in data and not isinstance(data[name], str):
                errors[name] = ["Send text."]
        for name in ("age_years", "source_level"):
            if isinstance(data.get(name), bool | str):
                errors[name] = ["Send a number."]
        if errors:  # with those that the fields themselves find, so that all are told at once
            try:
                super().to_internal_value({n: v for n, v in data.items() if n in self.fields})
            except serializers.ValidationError as error:
                errors = {**error.detail, **errors}
            raise serializers.ValidationError(errors)
        return super().to_internal_value(data)


class DraftSerializer(serializers.ModelSerializer):
    """A draft with its text; only an approved one counts as sent."""

    class Meta:
        model = Draft
        fields = (
            "id", "status", "urgency", "card_slug", "text", "text_sha256", "num_tokens",
            "num_preemptions", "predicted_tokens", "enqueued_at", "first_token_at",
            "finished_at", "failure", "flags", "engine_model", "review", "final_text",
        )  # fmt: skip
        read_only_fields = fields


class AssessmentSerializer(serializers.ModelSerializer):
    """The assessment in force: the voices, their reasons and the words they rest on."""

    class Meta:
        model = Assessment
        fields = (
            "urgency", "confidence", "level_probabilities", "voices", "evidence", "complaint",
            "complaint_scores", "rule_hits", "disagreement", "assessed", "model_version",
            "latency_ms", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class IncidentSerializer(serializers.ModelSerializer):
    """An incident as a list shows it."""

    reference = serializers.CharField(read_only=True)
    source = serializers.SlugRelatedField(slug_field="slug", read_only=True)

    class Meta:
        model = Incident
        fields = (
            "id", "reference", "status", "urgency", "received_at", "classified_at", "message",
            "age_years", "sex", "location", "source", "source_level", "complaint", "language",
            "late", "assessed", "disagreement", "decided_by_person", "tags", "revision",
        )  # fmt: skip
        read_only_fields = fields


class IncidentDetailSerializer(IncidentSerializer):
    """An incident with its assessment and its drafts."""

    assessment = serializers.SerializerMethodField()
    drafts = DraftSerializer(many=True, read_only=True)

    class Meta(IncidentSerializer.Meta):
        fields = (*IncidentSerializer.Meta.fields, "callback_number", "assessment", "drafts")
        read_only_fields = fields

    def get_assessment(self, incident: Incident) -> dict[str, Any] | None:
        current = incident.assessments.filter(in_force=True).first()
        return AssessmentSerializer(current).data if current else None
