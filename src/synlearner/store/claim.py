"""One process per run folder: a lock that the operating system holds for a process and releases when it ends, however it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from synlearner.errors import LedgerError

FILE = "run.lock"


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Hold the folder while the block runs. The file stays and names the last holder; only the lock on it says that somebody is there.

    Raises LedgerError where another process holds the folder, or where it cannot be written or locked.
    """
    with _opened(folder) as file:
        _claim(file, folder)
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
        yield


def held(folder: Path) -> bool:
    """Whether another process holds the folder now."""
    if not (folder / FILE).exists():
        return False
    with _opened(folder) as file:
        try:
            lock(file)
        except OSError:
            return True
    return False


def _opened(folder: Path) -> BinaryIO:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / FILE).open("a+b")
    except OSError as error:
        raise LedgerError(f"{folder} cannot be used as a run folder: {error}", "choose another --out, where you may write") from error


def _claim(file: BinaryIO, folder: Path) -> None:
    try:
        lock(file)
    except (BlockingIOError, PermissionError) as error:
        holder = _holder(file)
        raise LedgerError(f"another process runs here (pid {holder}): {folder}", "wait until it ends, stop it, or choose another --out") from error
    except OSError as error:
        raise LedgerError(f"{folder} cannot be locked: {error}", "choose an --out on a disk whose file system has locks, such as a local one") from error


def _holder(file: BinaryIO) -> str:
    file.seek(0)
    return file.read(20).decode("ascii", "replace") or "unknown"


if sys.platform == "win32":
    import msvcrt

    # Windows keeps others from reading what is locked, so a byte far behind the number is.
    _FAR = 1 << 30

    def lock(file: BinaryIO) -> None:
        """Lock, or raise PermissionError at once where another process has it."""
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)

else:
    import fcntl

    def lock(file: BinaryIO) -> None:
        """Lock, or raise BlockingIOError at once where another process has it."""
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
