"""Verdicts of people: written at once and one by one, also while a run writes the same ledger; read back, and carried from folder to folder.

A verdict is never changed. Of one person's verdicts on a row the latest counts; undoing one adds another that says what was there before.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from synlearner.errors import LedgerError, SpecError
from synlearner.records import Verdict
from synlearner.store.files import write_text
from synlearner.store.journal import Journal
from synlearner.store.ledger import FILE, Ledger

COLUMNS = "step, prompt, judgement, who, at, label, note, drawn"
# The verdict that counts, by row and person.
CURRENT = f"SELECT {COLUMNS} FROM (SELECT *, row_number() OVER (PARTITION BY step, prompt, who ORDER BY at DESC, id DESC) AS nth FROM verdict) WHERE nth = 1"  # noqa: S608  (constants)
_STANDING = f"SELECT id, {COLUMNS} FROM verdict v WHERE undoes IS NULL AND NOT EXISTS (SELECT 1 FROM verdict u WHERE u.undoes = v.id)"  # noqa: S608
_SAME = " AND ".join(f"{name.strip()} = ?" for name in COLUMNS.split(","))
_MAY = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_FUNCTION}


class Verdicts:
    """A pen for one ledger that can add verdicts and nothing else: the database refuses every other write of its connection."""

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self._db, self._folder, self._journal = connection, folder, Journal(connection, folder)

    @classmethod
    def open(cls, folder: str | Path) -> Verdicts:
        """The pen for the ledger in `folder`. Raises LedgerError where there is no run."""
        Ledger.open(folder, read_only=True).close()
        connection = sqlite3.connect(Path(folder) / FILE, timeout=30.0, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.set_authorizer(_only_verdicts)
        return cls(connection, Path(folder))

    def __enter__(self) -> Verdicts:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def add(self, verdict: Verdict) -> Verdict:
        """Write a verdict down as the person's latest on that row, and return it: it is dated no earlier than the one before, whatever the clock says,
        and counts as drawn where the row was drawn before.
        """
        with self._journal.transaction() as db:
            row = (verdict.step, verdict.prompt_id)
            last = db.execute("SELECT max(at) FROM verdict WHERE step = ? AND prompt = ? AND who = ?", (*row, verdict.who)).fetchone()[0]
            drawn = db.execute("SELECT 1 FROM verdict WHERE step = ? AND prompt = ? AND drawn", row).fetchone()
            verdict = replace(verdict, at=max(verdict.at, last or ""), drawn=verdict.drawn or bool(drawn))
            self._insert(db, verdict)
        return verdict

    def undo(self, who: str, at: str) -> Verdict | None:
        """Take back a person's last verdict that still stands, and return what holds for its row now; None where there is none."""
        with self._journal.transaction() as db:
            last = db.execute(f"{_STANDING} AND who = ? ORDER BY id DESC LIMIT 1", (who,)).fetchone()
            if last is None:
                return None
            undone = _verdict(last[1:])
            before = db.execute(f"{_STANDING} AND step = ? AND prompt = ? AND who = ? AND id < ? ORDER BY at DESC, id DESC LIMIT 1", (*last[1:3], who, last[0])).fetchone()
            now = _verdict(before[1:]) if before else replace(undone, judgement="none", label="", note="")
            now = replace(now, at=max(at, undone.at), drawn=undone.drawn)
            self._insert(db, now, undoes=last[0])
        return now

    def take(self, verdicts: Iterable[Verdict]) -> int:
        """Add what came from elsewhere, as it is and all or nothing, and return how many were new."""
        with self._journal.transaction() as db:
            new = [v for v in verdicts if db.execute(f"SELECT 1 FROM verdict WHERE {_SAME}", _row(v)).fetchone() is None]  # noqa: S608
            for verdict in dict.fromkeys(new):
                self._insert(db, verdict)
        return len(dict.fromkeys(new))

    def _insert(self, db: sqlite3.Connection, verdict: Verdict, undoes: int | None = None) -> None:
        try:
            db.execute(f"INSERT INTO verdict ({COLUMNS}, undoes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*_row(verdict), undoes))  # noqa: S608
        except sqlite3.IntegrityError as error:
            raise LedgerError(
                f"{self._folder} has no row {verdict.prompt_id!r} in a step {verdict.step!r}", "name the run folder that the verdicts were given in, or a copy of it"
            ) from error


def now() -> str:
    """The time as verdicts are dated."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def all_verdicts(folder: str | Path) -> list[Verdict]:
    """Every verdict of a run in the order in which they were written, those that no longer count among them."""
    with _reader(folder) as db:
        return [_verdict(row) for row in db.execute(f"SELECT {COLUMNS} FROM verdict ORDER BY id")]  # noqa: S608


def export_verdicts(folder: str | Path, file: str | Path) -> int:
    """Write every verdict as a line of JSON, and return how many there are."""
    found = all_verdicts(folder)
    write_text(Path(file), "".join(json.dumps(asdict(v), ensure_ascii=False) + "\n" for v in found))
    return len(found)


def import_verdicts(folder: str | Path, file: str | Path) -> int:
    """Add the verdicts of a file that the ledger does not have, and return how many. Raises SpecError with the line that is wrong, LedgerError for
    rows that the run does not have; then nothing is added.
    """
    with Verdicts.open(folder) as pen:
        return pen.take(_lines(Path(file)))


def _lines(file: Path) -> list[Verdict]:
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"cannot be read: {error}", "name a file that `synlearner verdicts --export` has written", file=file) from error
    return [_read(line, file, number) for number, line in enumerate(lines, 1) if line.strip()]


def _read(line: str, file: Path, number: int) -> Verdict:
    try:
        value = _texts(json.loads(line))
        return replace(Verdict(**value), at=_utc(value["at"]))
    except (ValueError, TypeError) as error:
        raise SpecError(f"not a verdict: {error}", f"write {', '.join(f.name for f in fields(Verdict))} as `synlearner verdicts --export` does", file=file, line=number) from error


def _texts(value: object) -> dict[str, Any]:
    """The value as it is. Raises TypeError for what is no object of texts, `drawn` apart."""
    if not isinstance(value, dict) or not all(isinstance(v, bool if k == "drawn" else str) for k, v in value.items()):
        raise TypeError("a verdict is an object of texts, and drawn is true or false")
    return value


def _utc(at: str) -> str:
    """A time as verdicts are dated. Raises ValueError for what is no time or has no zone."""
    time = datetime.fromisoformat(at)
    if time.tzinfo is None:
        raise ValueError(f"the time {at!r} has no zone")
    return time.astimezone(UTC).isoformat(timespec="milliseconds")


@contextmanager
def _reader(folder: str | Path) -> Iterator[sqlite3.Connection]:
    Ledger.open(folder, read_only=True).close()
    connection = sqlite3.connect(Path(folder) / FILE, timeout=30.0, isolation_level=None)
    try:
        connection.execute("PRAGMA query_only = ON")
        yield connection
    finally:
        connection.close()


def _only_verdicts(action: int, table: str | None, *_: object) -> int:
    may = action in _MAY or (action == sqlite3.SQLITE_INSERT and table == "verdict")
    return sqlite3.SQLITE_OK if may else sqlite3.SQLITE_DENY


def _row(v: Verdict) -> tuple[str | int, ...]:
    # Halves of characters, which a browser may send, cannot be stored as UTF-8; they become the replacement character.
    texts = (t.encode("utf-8", "replace").decode("utf-8") for t in (v.step, v.prompt_id, v.judgement, v.who, v.at, v.label, v.note))
    return *texts, int(v.drawn)


def _verdict(row: tuple[str, str, str, str, str, str, str, int]) -> Verdict:
    step, prompt, judgement, who, at, label, note, drawn = row
    return Verdict(step, prompt, judgement, who, at, label, note, drawn=bool(drawn))  # type: ignore[arg-type]
