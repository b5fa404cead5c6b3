"""What can go wrong by somebody's doing. Rendered in one place per edge."""

from collections.abc import Mapping


class TriageError(Exception):
    """An error with a sentence for a person, an HTTP status and whether to try again."""

    status = 400
    title = "The request could not be carried out"
    retry_after_s: int | None = None  # set: the same request may succeed later

    def __init__(self, detail: str, *, fields: Mapping[str, list[str]] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = dict(fields or {})


class InvalidReport(TriageError):
    """A field of the report is missing or wrong."""

    status = 422
    title = "The report is not valid"


class IdempotencyConflict(TriageError):
    """The same key came with different content."""

    status = 409
    title = "This Idempotency-Key was used for another report"


class Overloaded(TriageError):
    """The hard limit of waiting incidents is reached. Nothing was stored."""

    status = 429
    title = "Too many incidents are waiting"
    retry_after_s = 5


class Conflict(TriageError):
    """The object is not in a state that allows this."""

    status = 409
    title = "That is not possible any more"
