"""Joining the opening, which the program writes, to what the model goes on with."""

from triage.llm.prompts import SUMMARY


class Opened:
    """Puts `opening` before the first words, and drops a summary the model writes once more.

    Not every server goes on from what is written; some begin anew.
    """

    def __init__(self, opening: str) -> None:
        self._opening = opening
        self._held = ""  # a first line that may turn out to be another summary
        self._holding = bool(opening)

    def take(self, text: str) -> str:
        """The next piece to show; empty while it is not clear yet what the model writes."""
        if not self._holding:
            return text
        self._held = (self._held + text).lstrip()
        if not self._held or SUMMARY.startswith(self._held):
            return ""
        if self._held.startswith(SUMMARY):
            _again, end, rest = self._held.partition("\n")
            if not end:
                return ""
            self._held = rest
        self._holding = False
        return self._opening + self._held
