"""Whole files or none: everything that the report writes appears under its name only when it is complete."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synlearner.errors import writable


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """A path beside `file` to write to; it takes the name of `file` when the block ends well and is removed when it does not."""
    partial = file.with_name(f"{file.name}.{os.getpid()}.part")
    with writable(file, "choose another folder, or free its place and permissions"):
        file.parent.mkdir(parents=True, exist_ok=True)
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
