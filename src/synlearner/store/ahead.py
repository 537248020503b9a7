"""Rows ahead of their transaction: written down with the operating system for the price of an append, and read again where the process died.

There are two files beside the ledger. One is written; when a transaction takes what is in it, the other one is gone on with, and when that transaction
has ended the first is emptied. Every line has a check sum, so that a line that was cut off is no row.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from zlib import crc32

Rows = Sequence[tuple[object, ...]]


class Ahead:
    """`note` gathers and `write` appends; the caller sees to it that one thread at a time does. Raises OSError where the files cannot be written."""

    def __init__(self, file: Path) -> None:
        self._files = (file.with_name(f"{file.name}-ahead0"), file.with_name(f"{file.name}-ahead1"))
        self._open: dict[int, int] = {}
        self._now = 0
        self._noted: list[bytes] = []

    def note(self, kind: str, rows: Rows) -> None:
        """Rows of a kind, for the next `write`."""
        line = _encoded([kind, rows])
        self._noted.append(b"\n%08x " % crc32(line) + line)

    def write(self) -> None:
        """Everything that was noted is with the operating system."""
        if not self._noted:
            return
        if self._now not in self._open:
            self._open[self._now] = os.open(self._files[self._now], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        content = memoryview(b"".join(self._noted))
        while content:
            content = content[os.write(self._open[self._now], content) :]
        self._noted = []

    def turn(self) -> None:
        """A transaction takes what is here: what comes now goes into the other file."""
        self.write()
        self._now = 1 - self._now

    def taken(self) -> None:
        """The transaction has ended."""
        if (other := self._open.get(1 - self._now)) is not None:
            os.ftruncate(other, 0)

    def left(self) -> Iterator[tuple[str, list[list[object]]]]:
        """What a process left that died."""
        for file in self._files:
            for line in file.read_bytes().split(b"\n") if file.exists() else ():
                if line[:8] == b"%08x" % crc32(line[9:]):
                    kind, rows = json.loads(line[9:])
                    yield kind, rows

    def close(self, *, keep: bool = False) -> None:
        """Close the files, and take them away unless they have to be read again."""
        for number in self._open.values():
            os.close(number)
        self._open = {}
        for file in () if keep else self._files:
            file.unlink(missing_ok=True)


def _encoded(value: object) -> bytes:
    """JSON as fast as a dependency writes it; what is no valid Unicode is escaped."""
    from pydantic_core import to_json

    try:
        return to_json(value)
    except ValueError:
        return json.dumps(value).encode()
