"""The five urgency levels. A smaller number is more urgent, everywhere."""

from django.db import models


class Urgency(models.IntegerChoices):
    """0 immediate … 4 non-urgent; the mapping to other scales is in `docs/safety.md`."""

    IMMEDIATE = 0, "Immediate"
    EMERGENT = 1, "Emergent"
    URGENT = 2, "Urgent"
    LESS_URGENT = 3, "Less urgent"
    NON_URGENT = 4, "Non-urgent"


NUMBERED_LEVELS = [(level, f"{level} {name}") for level, name in Urgency.choices]  # to choose from

LATE_URGENCY = Urgency.EMERGENT  # shown for an incident that was not classified in time


def is_level(field: str, *, nullable: bool = False) -> models.Q:
    """The database condition that `field` holds a level."""
    within = models.Q(**{f"{field}__gte": 0, f"{field}__lte": 4})
    return within | models.Q(**{f"{field}__isnull": True}) if nullable else within
