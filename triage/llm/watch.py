"""The guard beside a growing draft."""

from dataclasses import replace

from triage.llm.guard import Grounds, check


class Watch:
    """Checks a draft again whenever a line of it is whole."""

    def __init__(self, grounds: Grounds, text: str = "") -> None:
        self._grounds = grounds
        self._text = text
        self._flags: list[dict[str, object]] = []

    def read(self, text: str, urgency: int) -> list[dict[str, object]] | None:
        """Take the next piece. Returns all flags when there are new ones, else None.

        `urgency` is the level as it is now, which a summary is held to.
        """
        self._text += text
        if "\n" not in text:
            return None
        grounds = replace(self._grounds, urgency=urgency)
        flags = [flag.as_json() for flag in check(self._text, grounds, complete=False)]
        changed, self._flags = flags != self._flags, flags
        return flags if changed else None
