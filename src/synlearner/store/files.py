"""Whole files or none: a file beside the ledger appears under its name only when it is complete.

A killed process cannot remove what it was writing; the next one that writes the same file does.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from synlearner.errors import writable


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """A path beside `file` to write to; it takes the name of `file` when the block ends well and is removed when it does not."""
    partial = file.with_name(f"{file.name}.{os.getpid()}.part")
    with writable(file, "choose another folder, or free its place and permissions"):
        file.parent.mkdir(parents=True, exist_ok=True)
        _remove_remains(file)
        try:
            yield partial
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)


def write_text(file: Path, text: str) -> Path:
    """Write text as UTF-8 with the line ends that it has. Halves of characters become the replacement character."""
    with replacing(file) as partial:
        partial.write_bytes(text.encode("utf-8", "replace"))
    return file


def _remove_remains(file: Path) -> None:
    """Remove what processes that are gone have left of `file`."""
    mine = re.compile(rf"{re.escape(file.name)}\.(\d+)\.part")
    for other in file.parent.iterdir():
        if (match := mine.fullmatch(other.name)) and not _runs(int(match[1])):
            # Windows refuses to remove what another process holds open.
            with suppress(PermissionError):
                other.unlink(missing_ok=True)


def _runs(pid: int) -> bool:
    """Whether a process of that number may be at work here; where the system cannot be asked without harm, no."""
    if sys.platform == "win32":
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
