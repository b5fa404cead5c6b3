"""Looking into a file of figures; what is missing or of the wrong kind is named by its path."""

from typing import Any

from scheduler.sim.workload.checks import is_number


class Source:
    """A place in a JSON file, with its name for messages."""

    def __init__(self, value: Any, where: str) -> None:
        self.value = value
        self.where = where

    def get(self, name: str, hint: str = "") -> "Source":
        """A field of an object. Raises ValueError naming it, with a hint where it comes from."""
        if not isinstance(self.value, dict) or name not in self.value:
            raise ValueError(f"{self.where}{name}: is missing" + (f" ({hint})" if hint else ""))
        return Source(self.value[name], f"{self.where}{name}.")

    def find(self, *names: str) -> "Source":
        """A field of a field."""
        found = self
        for name in names:
            found = found.get(name)
        return found

    def items(self) -> list[tuple[str, "Source"]]:
        """The fields of an object, in order."""
        if not isinstance(self.value, dict) or not self.value:
            raise ValueError(f"{self._name}: an object with fields is needed")
        return [(name, self.get(name)) for name in self.value]

    def rows(self) -> list["Source"]:
        """The elements of a list that holds some."""
        if not isinstance(self.value, list) or not self.value:
            raise ValueError(f"{self._name}: a list that is not empty is needed")
        return [Source(row, f"{self._name}[{n}].") for n, row in enumerate(self.value)]

    def number(self) -> float:
        """A finite number."""
        if is_number(self.value, -1e300, 1e300):
            return float(self.value)
        raise ValueError(f"{self._name}: a number is needed")

    def numbers(self) -> list[float]:
        """A list of numbers, in a file's order; may be empty."""
        if isinstance(self.value, list) and not self.value:
            return []
        return [row.number() for row in self.rows()]

    def text(self) -> str:
        if isinstance(self.value, str):
            return self.value
        raise ValueError(f"{self._name}: a text is needed")

    def interval(self) -> tuple[float, float, float] | None:
        """Mean, lower and upper end; all the same where there was a single seed.

        None when no seed has the figure: nobody came for that level.
        """
        if self.get("mean").value is None:
            return None
        mean = self.get("mean").number()
        if self.get("low").value is None:
            return mean, mean, mean
        return mean, self.get("low").number(), self.get("high").number()

    @property
    def _name(self) -> str:
        return self.where.rstrip(".")
