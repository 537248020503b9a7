"""How a ledger is written: transactions at once, and rows that wait a moment for company.

One connection serves every thread of a run, one transaction at a time; rows are added while one is under way. There are two ways to
commit. A *lasting* transaction is on the disk when it returns, also for a power failure. A *swift* one is with the operating system: it
survives the death of the process, however it dies, and costs a hundredth. Rows that are written `later` go along with the next transaction
of either kind; those that come `PATIENCE` or more after the last one are written at once. At least once in `LASTING` seconds of writing a swift
transaction is made a lasting one.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, RLock

from synlearner.errors import LedgerError

# Seconds that a row may wait for others, rows that are enough company, and seconds of writing that a power failure may cost.
PATIENCE, COMPANY, LASTING = 0.05, 256, 1.0
Rows = Sequence[tuple[object, ...]]


class Journal:
    """The writing side of a ledger's connection. Everything in it may be called from any thread; `later` waits for no transaction."""

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self.db = connection
        self.folder = folder
        self.lock = RLock()
        # Rows by statement: those that no transaction has taken yet, and those of the transaction that is under way.
        self._waiting: dict[str, list[tuple[object, ...]]] = {}
        self._taken: dict[str, list[tuple[object, ...]]] = {}
        self._adding = Lock()
        self._rows = 0
        self._since = self._lasted = time.monotonic()
        self._lasting = True

    @contextmanager
    def transaction(self, *, lasting: bool = True) -> Iterator[sqlite3.Connection]:
        """One transaction, with what waited in front of it. Raises LedgerError where the file cannot be written; then nothing of it is."""
        with self.lock:
            try:
                self._commit_as(lasting=lasting or time.monotonic() - self._lasted >= LASTING)
                self.db.execute("BEGIN IMMEDIATE")
                for statement, rows in self._take().items():
                    self.db.executemany(statement, rows)
                yield self.db
                self.db.execute("COMMIT")
            except sqlite3.OperationalError as error:
                self._rollback()
                raise LedgerError(
                    f"the ledger in {self.folder} could not be written: {error}", "free disk space or check permissions, then run again with --resume always"
                ) from error
            except BaseException:
                self._rollback()
                raise
            self._taken.clear()
            self._since = time.monotonic()
            self._lasted = self._since if self._lasting else self._lasted

    def later(self, *writing: tuple[str, Rows]) -> None:
        """Rows for the next transaction, those of one statement in their order. A statement must do no harm when it is carried out twice: Ctrl-C may
        come between a commit and the note that it happened.
        """
        with self._adding:
            for statement, rows in writing:
                self._waiting.setdefault(statement, []).extend(rows)
                self._rows += len(rows)
            due = self._rows >= COMPANY or time.monotonic() - self._since >= PATIENCE
        # Where a transaction is under way, whoever sends requests does not wait for it: its end is a moment away, and the next row looks again.
        if due and self.lock.acquire(blocking=False):
            try:
                self.flush()
            finally:
                self.lock.release()

    def flush(self) -> None:
        """Write what waits."""
        with self.lock:
            if self._waiting or self._taken:
                with self.transaction(lasting=False):
                    pass

    def _take(self) -> dict[str, list[tuple[object, ...]]]:
        """What waits, behind what an earlier transaction took and could not write."""
        with self._adding:
            for statement, rows in self._waiting.items():
                self._taken.setdefault(statement, []).extend(rows)
            self._waiting, self._rows = {}, 0
        return self._taken

    def _commit_as(self, *, lasting: bool) -> None:
        if lasting != self._lasting:
            self.db.execute(f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}")
            self._lasting = lasting

    def _rollback(self) -> None:
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")
