"""How a ledger is written: transactions at once, and rows that wait a moment for company.

One connection serves every thread of a run, one transaction at a time; rows are added while one is under way. There are two ways to
commit. A *lasting* transaction is on the disk when it returns, also for a power failure. A *swift* one is with the operating system: it
survives the death of the process, however it dies, and costs a hundredth. At least once in `LASTING` seconds of writing a swift transaction is made a lasting one.

Rows that are written `later` go along with the next transaction of either kind; a thread sees to it that there is one soon. Before that, `sure` costs no
transaction: it writes them *ahead*, into a file that is read when the ledger is opened again.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Lock, RLock, Thread

from synlearner.errors import LedgerError
from synlearner.store.ahead import Ahead, Rows

# Seconds that a row may wait for others, rows that are company enough, and seconds of writing that a power failure may cost.
PATIENCE, COMPANY, LASTING = 0.25, 8192, 1.0
# What may be written later, by kind. Each must do no harm when it is carried out twice: after a crash between a commit and the note that it happened, it is.
LATER = {
    "prompt": "INSERT OR IGNORE INTO prompt VALUES (?, ?, ?, ?)",
    "answer": "INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (step, prompt, turn) DO NOTHING",
    "logprob": "INSERT INTO logprob VALUES (?, ?, ?, ?) ON CONFLICT (step, prompt, turn) DO NOTHING",
    "unit": "INSERT INTO unit VALUES (?, ?, ?, ?, ?) ON CONFLICT (step, turn, number) DO NOTHING",
    "local use": "INSERT INTO local_use VALUES (?, ?, ?, ?, ?) ON CONFLICT (step, turn, number) DO NOTHING",
    "request": "INSERT INTO request VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
    "request end": "INSERT INTO request_end VALUES (?, ?, ?, ?) ON CONFLICT (request) DO NOTHING",
}


class Journal:
    """The writing side of a ledger's connection. Everything in it may be called from any thread; `later` and `sure` wait for no transaction."""

    def __init__(self, connection: sqlite3.Connection, folder: Path, ahead: Ahead | None = None) -> None:
        self.db = connection
        self.folder = folder
        self.lock = RLock()
        # Rows by kind: those that no transaction has taken yet, and those of the transaction that is under way.
        self._waiting: dict[str, list[tuple[object, ...]]] = {}
        self._taken: dict[str, list[tuple[object, ...]]] = {}
        self._adding = Lock()
        self._rows = 0
        self._lasted = time.monotonic()
        self._lasting = True
        self._ahead = ahead
        self._tending: Thread | None = None
        self._closed = Event()
        self._recover()

    @contextmanager
    def transaction(self, *, lasting: bool = True) -> Iterator[sqlite3.Connection]:
        """One transaction, with what waited in front of it. Raises LedgerError where the file cannot be written; then nothing of it is."""
        with self.lock:
            try:
                self._commit_as(lasting=lasting or time.monotonic() - self._lasted >= LASTING)
                self.db.execute("BEGIN IMMEDIATE")
                for kind, rows in self._take().items():
                    self.db.executemany(LATER[kind], rows)
                yield self.db
                self.db.execute("COMMIT")
            except (sqlite3.OperationalError, OSError) as error:
                self._rollback()
                raise self._unwritten(error) from error
            except BaseException:
                self._rollback()
                raise
            self._settled()

    def later(self, *writing: tuple[str, Rows]) -> None:
        """Rows by a kind of `LATER` that belong together, for the next transaction; those of one kind in their order."""
        with self._adding:
            for kind, rows in writing:
                self._waiting.setdefault(kind, []).extend(rows)
                self._rows += len(rows)
            if self._ahead:
                self._ahead.note(writing)
            if not self._tending:
                self._tending = Thread(target=self._tend, name="synlearner-ledger", daemon=True)
                self._tending.start()
        if self._rows >= COMPANY:
            self.flush()

    def sure(self) -> None:
        """What was written until now survives the death of the process. Raises LedgerError where it cannot be written."""
        if self._ahead is None:
            self.flush()
            return
        try:
            with self._adding:
                self._ahead.write()
        except OSError as error:
            raise self._unwritten(error) from error

    def _tend(self) -> None:
        while not self._closed.wait(PATIENCE):
            with suppress(LedgerError, sqlite3.Error):  # it is met again by whoever writes next, and told there
                self.flush()

    def flush(self) -> None:
        """Write what waits."""
        with self.lock:
            if self._waiting or self._taken:
                with self.transaction(lasting=False):
                    pass

    def close(self) -> None:
        """Write what waits; what cannot be written now is read when the ledger is opened again."""
        self._closed.set()
        if self._tending:
            self._tending.join()
        written = False
        try:
            self.flush()
            written = True
        finally:
            with self._adding:
                if self._ahead:
                    self._ahead.close(keep=not written)
                    self._ahead = None

    def _take(self) -> dict[str, list[tuple[object, ...]]]:
        """What waits, behind what an earlier transaction took and could not write."""
        with self._adding:
            for kind, rows in self._waiting.items():
                self._taken.setdefault(kind, []).extend(rows)
            self._waiting, self._rows = {}, 0
            if self._ahead:
                self._ahead.turn()
        return self._taken

    def _settled(self) -> None:
        self._taken.clear()
        self._lasted = time.monotonic() if self._lasting else self._lasted
        if self._ahead:
            with self._adding:
                self._ahead.taken()

    def _recover(self) -> None:
        """What a process that died had written ahead."""
        for kind, rows in self._ahead.left() if self._ahead else ():
            if kind not in LATER:
                raise LedgerError(f"{self.folder} was written by a newer version: it knows no rows of the kind {kind!r}", "open it with that version")
            self._taken.setdefault(kind, []).extend(tuple(row) for row in rows)
        if self._ahead and self._taken:
            with self.transaction():
                pass
            with self.transaction(lasting=False):  # empties the second file, too
                pass

    def _commit_as(self, *, lasting: bool) -> None:
        if lasting != self._lasting:
            self.db.execute(f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}")
            self._lasting = lasting

    def _rollback(self) -> None:
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")

    def _unwritten(self, error: Exception) -> LedgerError:
        return LedgerError(f"the ledger in {self.folder} could not be written: {error}", "free disk space or check permissions, then run again with --resume always")
