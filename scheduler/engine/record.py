"""What a measurement has found so far, in a file, so that it can be taken up again.

One JSON object a line; the first holds the conditions. Runs of several minutes can thus be
spread over several calls, and one that was stopped loses only the run it was in. A last line
without its end was cut by a kill: it does not count, and is taken off before more is written.
"""

import json
import os
from pathlib import Path
from typing import Any


class Record:
    """The finished parts of a measurement by name, kept in `path` when there is one."""

    def __init__(self, path: Path | None, conditions: dict[str, Any]) -> None:
        """Raises ValueError when the file is not a record, or one of other conditions."""
        self._path = path
        self._parts: dict[str, Any] = {}
        if path is None:
            return
        if not path.exists() or not self._read(path, conditions):
            self._append({"conditions": conditions})

    def __contains__(self, name: str) -> bool:
        return name in self._parts

    def __getitem__(self, name: str) -> Any:
        return self._parts[name]

    def add(self, name: str, found: Any) -> None:
        """Keep a finished part, in the file too."""
        self._parts[name] = found
        if self._path is not None:
            self._append({"name": name, "found": found})

    def _append(self, row: dict[str, Any]) -> None:
        assert self._path is not None
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def _read(self, path: Path, conditions: dict[str, Any]) -> bool:
        """Take up what is there. False when the kill came within the very first line."""
        try:
            lines, _, cut = path.read_bytes().rpartition(b"\n")
            if not lines and json.dumps({"conditions": conditions}).encode().startswith(cut):
                os.truncate(path, 0)
                return False
            if not lines:
                raise ValueError("not a whole line")  # no record: it stays as it is
            first, *rows = [json.loads(line) for line in lines.splitlines()]
            before = dict(first["conditions"])
            self._parts = {str(row["name"]): row["found"] for row in rows}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ValueError(f"resume: {path} is no record of a measurement ({error!r})") from error
        changed = [name for name in conditions if before.get(name) != conditions[name]]
        if changed:
            raise ValueError(f"resume: {path} was measured with another {', '.join(changed)}")
        if cut:
            os.truncate(path, len(lines) + 1)
        return True
