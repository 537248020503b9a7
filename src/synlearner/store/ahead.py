"""Rows ahead of their transaction: written down with the operating system for the price of an append, and read again where the process died.

There are two files beside the ledger. One is written; when a transaction takes what is in it, the other one is gone on with, and when that transaction
has ended the first is emptied. What belongs together is one line with a check sum, so that a line that was cut off is nothing at all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from synlearner.store.claim import lock
from synlearner.stream.texts import encoded

Rows = Sequence[tuple[object, ...]]
Writing = Sequence[tuple[str, Rows]]


class Ahead:
    """`note` gathers and `write` appends; the caller sees to it that one thread at a time does. Raises OSError where the files cannot be written."""

    def __init__(self, files: tuple[Path, Path], open_: tuple[BinaryIO, BinaryIO]) -> None:
        self._files, self._open = files, open_
        self._now = 0
        self._noted: list[bytes] = []

    @classmethod
    def beside(cls, file: Path) -> Ahead | None:
        """Those of a ledger's file, which belong to one process alone; None where another one has them."""
        files = _files(file)
        while True:
            first = files[0].open("ab", buffering=0)
            try:
                lock(first)
            except OSError:
                first.close()
                return None
            # Whoever had them may have taken them away just now.
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(first.fileno()), files[0].stat()):
                    return cls(files, (first, files[1].open("ab", buffering=0)))
            first.close()

    @classmethod
    def orphaned(cls, file: Path) -> bool:
        """Whether there are files beside a ledger whose process died, and that may be written here."""
        if not any(f.exists() for f in _files(file)):
            return False
        try:
            found = cls.beside(file)
        except OSError:
            return False
        if found:
            found.close(keep=True)
        return found is not None

    def note(self, writing: Writing) -> None:
        """Rows by kind that belong together, for the next `write`."""
        line = encoded(writing)
        self._noted.append(b"\n%08x " % crc32(line) + line)

    def write(self) -> None:
        """Everything that was noted is with the operating system."""
        content = memoryview(b"".join(self._noted))
        while content:
            content = content[self._open[self._now].write(content) :]
        self._noted = []

    def turn(self) -> None:
        """A transaction takes what is here: what comes now goes into the other file."""
        self.write()
        self._now = 1 - self._now

    def taken(self) -> None:
        """The transaction has ended. What cannot be emptied is read once more one day, which does no harm."""
        with suppress(OSError):
            self._open[1 - self._now].truncate(0)

    def left(self) -> Iterator[tuple[str, list[list[object]]]]:
        """What a process left that died."""
        for file in self._files:
            for line in file.read_bytes().split(b"\n"):
                if line[:8] == b"%08x" % crc32(line[9:]):
                    yield from json.loads(line[9:])

    def close(self, *, keep: bool) -> None:
        """Close the files; `keep`: with all that was noted, since they have to be read again. Otherwise they are taken away."""
        with suppress(OSError):
            if keep:
                self.write()
            else:
                for file in self._files:
                    file.unlink(missing_ok=True)
        for handle in self._open[::-1]:
            handle.close()


def _files(file: Path) -> tuple[Path, Path]:
    return file.with_name(f"{file.name}-ahead0"), file.with_name(f"{file.name}-ahead1")
