"""Priority rules: what an administrator says about the urgency of certain messages."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from triage import classify
from triage.classify import rules as rule_engine
from triage.models.levels import Urgency, is_level


class PriorityRule(models.Model):
    """When it applies, what it does, who says so and why."""

    class Action(models.TextChoices):
        AT_LEAST = "at_least", "at least this urgent"
        AT_MOST = "at_most", "at most this urgent"
        EXACTLY = "exactly", "exactly this level"
        TAG = "tag", "tag only"

    name = models.CharField(max_length=120, unique=True)
    order = models.PositiveIntegerField(default=100, help_text="Smaller runs first.")
    active = models.BooleanField(default=True)
    words = models.TextField(
        blank=True, help_text="Words or phrases, one a line; any one of them is enough."
    )
    pattern = models.CharField(
        max_length=500, blank=True, help_text="An RE2 pattern, upper and lower case alike."
    )
    min_age = models.FloatField(null=True, blank=True, help_text="Years.")
    max_age = models.FloatField(null=True, blank=True, help_text="Years.")
    source = models.ForeignKey("triage.Source", null=True, blank=True, on_delete=models.CASCADE)
    time_from = models.TimeField(null=True, blank=True, help_text="UTC; may pass midnight.")
    time_until = models.TimeField(null=True, blank=True)
    active_from = models.DateTimeField(null=True, blank=True)
    active_until = models.DateTimeField(null=True, blank=True)
    action = models.CharField(max_length=10, choices=Action.choices, default=Action.AT_LEAST)
    level = models.PositiveSmallIntegerField(null=True, blank=True, choices=Urgency.choices)
    tag = models.SlugField(blank=True)
    reason = models.CharField(max_length=300, help_text="Shown to the dispatcher.")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["order", "id"]
        constraints = [
            models.CheckConstraint(name="rule_level", condition=is_level("level", nullable=True)),
            models.CheckConstraint(
                name="rule_has_effect",
                condition=models.Q(level__isnull=False) | models.Q(action="tag"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.pattern:
            try:
                rule_engine.validate_pattern(self.pattern)
            except ValueError as error:
                errors["pattern"] = str(error)
        if self.action != self.Action.TAG and self.level is None:
            errors["level"] = "Choose the level this rule sets."
        if self.action == self.Action.TAG and not self.tag:
            errors["tag"] = "Name the tag this rule gives."
        if self.min_age is not None and self.max_age is not None and self.min_age > self.max_age:
            errors["max_age"] = "The oldest age is below the youngest."
        if not self._has_condition():
            errors["words"] = (
                "Say when the rule applies: words, a pattern, an age, a source or a time. "
                "Without any it would apply to every message."
            )
        if errors:
            raise ValidationError(errors)

    def _has_condition(self) -> bool:
        bounds = (self.min_age, self.max_age, self.source_id, self.time_from, self.time_until)
        return bool(self.words.strip() or self.pattern or any(b is not None for b in bounds))

    def as_rule(self) -> classify.Rule:
        """The value the classifier works on; it knows no database."""
        return classify.Rule(
            id=str(self.pk),
            name=self.name,
            order=self.order,
            words=tuple(line.strip() for line in self.words.splitlines() if line.strip()),
            pattern=self.pattern,
            min_age=self.min_age,
            max_age=self.max_age,
            source_slug=self.source.slug if self.source else "",
            active_from=self.active_from,
            active_until=self.active_until,
            time_from=self.time_from,
            time_until=self.time_until,
            action=self.action,
            level=self.level,
            tag=self.tag,
            reason=self.reason,
        )
