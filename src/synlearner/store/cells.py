"""Results that are computed once, by the hash of what determines them: one file of JSON lines that is only ever appended to."""

from __future__ import annotations

import json
from pathlib import Path

from synlearner.errors import writable


class Cells:
    """Texts by key. What a killed process left half of a line is not read, and computed again. For one process at a time."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._kept: dict[str, str] = {}
        found = file.read_bytes() if file.exists() else b""
        self._whole = not found or found.endswith(b"\n")
        for line in found.splitlines(keepends=True):
            if line.endswith(b"\n") and (cell := _read(line)):
                self._kept[cell[0]] = cell[1]

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: str) -> str | None:
        """What was kept, None where nothing was."""
        return self._kept.get(key)

    def put(self, key: str, value: str) -> str:
        """Keep a text, and give it back."""
        line = json.dumps([key, value]) + "\n"
        with writable(self._file, "choose another folder, or free its place and permissions"):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as file:
                file.write(line if self._whole else "\n" + line)
        self._kept[key], self._whole = value, True
        return value


def _read(line: bytes) -> tuple[str, str] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return (found[0], found[1]) if isinstance(found, list) and len(found) == 2 and all(isinstance(part, str) for part in found) else None
