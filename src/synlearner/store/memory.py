"""The archive of what is remembered: events that are added and never changed, in SQLite or PostgreSQL with the same tables.

An event is a kind and a JSON body, and its name is the hash of both. So the same event is the same row on every machine, and putting two memories
together is the union of two sets. What is forgotten goes for good: a tombstone, itself an event, stays and keeps it from coming back by a merge.

Comes in: a place, which is a file, the folder of a run, or `postgresql://…`. Goes out: events in the order of their names.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from synlearner.errors import LedgerError, SpecError, boundary
from synlearner.seeding import content_hash
from synlearner.store.files import write_text

FILE, FORGET, SERVERS = "memory.db", "forget", ("postgresql://", "postgres://")
FORMAT = {"format": "synlearner memory", "version": 1}
# Every table in each database: one event a row; names of what was forgotten; the number of this schema.
_TABLES = """
CREATE TABLE memory_schema (number INTEGER PRIMARY KEY);
CREATE TABLE memory_event (id TEXT PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX memory_event_kind ON memory_event (kind);
CREATE TABLE memory_forgotten (id TEXT PRIMARY KEY);
INSERT INTO memory_schema VALUES (1);
"""
_SQLITE_GUARDS = """
CREATE TRIGGER memory_event_no_update BEFORE UPDATE ON memory_event BEGIN SELECT RAISE(ABORT, 'a memory is append-only; what was forgotten alone may go'); END;
CREATE TRIGGER memory_event_no_delete BEFORE DELETE ON memory_event WHEN NOT EXISTS (SELECT 1 FROM memory_forgotten WHERE id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'a memory is append-only; what was forgotten alone may go'); END;
CREATE TRIGGER memory_forgotten_no_update BEFORE UPDATE ON memory_forgotten BEGIN SELECT RAISE(ABORT, 'a memory is append-only; what was forgotten alone may go'); END;
CREATE TRIGGER memory_forgotten_no_delete BEFORE DELETE ON memory_forgotten BEGIN SELECT RAISE(ABORT, 'a memory is append-only; what was forgotten alone may go'); END;
"""
_POSTGRES_GUARDS = """
CREATE FUNCTION memory_guard() RETURNS trigger AS $$ BEGIN
  IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'memory_event' THEN
    IF EXISTS (SELECT 1 FROM memory_forgotten WHERE id = OLD.id) THEN RETURN OLD; END IF;
  END IF;
  RAISE EXCEPTION 'a memory is append-only; what was forgotten alone may go';
END $$ LANGUAGE plpgsql;
CREATE TRIGGER memory_event_guard BEFORE UPDATE OR DELETE ON memory_event FOR EACH ROW EXECUTE FUNCTION memory_guard();
CREATE TRIGGER memory_forgotten_guard BEFORE UPDATE OR DELETE ON memory_forgotten FOR EACH ROW EXECUTE FUNCTION memory_guard();
"""


@dataclass(frozen=True)
class Event:
    """Something that was remembered: its kind, and a body of JSON values."""

    kind: str
    body: Mapping[str, Any]

    @cached_property
    def id(self) -> str:
        """The hash of kind and body."""
        return content_hash([self.kind, self.body])


def forgetting(event: str) -> Event:
    """The tombstone of an event."""
    return Event(FORGET, {"event": event})


class _Database(Protocol):
    """What the two kinds of database do differently. `?` stands for a value in statements."""

    def do(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]: ...

    def many(self, statement: str, rows: Sequence[Sequence[object]]) -> None: ...

    def writing(self) -> Any: ...

    def close(self) -> None: ...


class MemoryStore:
    """One memory. Use `MemoryStore.open`; close it, or use it as a context manager. Several processes may use the same one."""

    def __init__(self, database: _Database, place: str) -> None:
        self._db, self.place = database, place

    @classmethod
    def open(cls, place: str | Path, *, new: bool = True) -> MemoryStore:
        """The memory at a place. `new`: where there is none, an empty one is begun. Raises LedgerError where it cannot be used or, unless `new`, is not there."""
        place = str(place)
        if place.startswith(SERVERS):
            return cls(_Postgres(place), _without_password(place))
        file = file_of(place)
        if not new and not file.exists():
            raise LedgerError(f"{place} holds no memory (no {file.name})", "name a run folder with a memory, its file, or postgresql://…")
        return cls(_Sqlite(file), str(file))

    def __enter__(self) -> MemoryStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the file or the connection."""
        self._db.close()

    def add(self, events: Iterable[Event]) -> int:
        """Add what is not there and was not forgotten, all or nothing; tombstones take with them what they name. How many were new."""
        found = list({e.id: e for e in events}.values())
        targets = [(e.body["event"],) for e in found if e.kind == FORGET]
        with self._db.writing():
            before = self.count()
            self._db.many("INSERT INTO memory_forgotten VALUES (?) ON CONFLICT (id) DO NOTHING", targets)
            self._db.many(
                "INSERT INTO memory_event SELECT ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM memory_forgotten WHERE id = ?) ON CONFLICT (id) DO NOTHING",
                [(e.id, e.kind, json.dumps(e.body, ensure_ascii=True, sort_keys=True), e.id) for e in found],
            )
            new = self.count() - before
            self._db.many("DELETE FROM memory_event WHERE id = ?", targets)
        return new

    def count(self) -> int:
        """How many events there are."""
        return int(self._db.do("SELECT COUNT(*) FROM memory_event")[0][0])

    def state(self) -> tuple[int, int]:
        """Two numbers that change whenever the memory does: only additions and tombstones change it."""
        return self.count(), int(self._db.do("SELECT COUNT(*) FROM memory_forgotten")[0][0])

    def events(self, *kinds: str) -> list[Event]:
        """All events, or those of some kinds, in the order of their names."""
        asked = f" WHERE kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
        rows = self._db.do(f"SELECT id, kind, body FROM memory_event{asked}", kinds)  # noqa: S608  (question marks)
        return [Event(kind, json.loads(body)) for _, kind, body in sorted(rows)]


def file_of(place: str | Path) -> Path:
    """The file of a memory that lies in a folder or is named itself."""
    path = Path(place).expanduser()
    return path / FILE if path.is_dir() or not path.suffix else path


def _without_password(place: str) -> str:
    parts = urlsplit(place)
    return place.replace(f":{parts.password}@", "@") if parts.password else place


# ── files ───────────────────────────────────────────────────────────────


def export_events(events: Iterable[Event], file: Path) -> int:
    """Write events as JSON lines in the order of their names: equal memories make equal files."""
    lines = [json.dumps({"id": e.id, "kind": e.kind, "body": e.body}, ensure_ascii=True, sort_keys=True) for e in sorted(events, key=lambda e: e.id)]
    write_text(file, "\n".join([json.dumps(FORMAT), *lines]) + "\n")
    return len(lines)


def import_events(file: Path) -> list[Event]:
    """The events of an exported file. Raises SpecError for a line that is none, or whose content is not what its name says."""
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(f"the file cannot be read: {error}", "name a file that `synlearner memory export` wrote", file=file) from error
    if _parsed(lines[0]) != FORMAT:
        raise SpecError("the first line does not say that this is a memory", "name a file that `synlearner memory export` wrote", file=file, line=1)
    return [_event(line, file, number) for number, line in enumerate(lines[1:], 2) if line.strip()]


def _event(line: str, file: Path, number: int) -> Event:
    found = _parsed(line)
    if not isinstance(found, dict) or not isinstance(found.get("kind"), str) or not isinstance(found.get("body"), dict):
        raise SpecError("the line is no event of a memory", "export the memory again", file=file, line=number)
    event = Event(found["kind"], found["body"])
    if event.id != found.get("id"):
        raise SpecError("the content is not what its id says", "export the memory again; ids are made of what they name", file=file, line=number, field="id")
    return event


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


# ── databases ───────────────────────────────────────────────────────────


class _Sqlite:
    """A file that several processes of this machine may use."""

    def __init__(self, file: Path) -> None:
        self._file = file
        with self._understood():
            file.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(file, timeout=30.0, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA secure_delete = ON")
            with self.writing():
                if not self.do("SELECT 1 FROM sqlite_master WHERE name = 'memory_schema'"):
                    for statement in _statements(_TABLES + _SQLITE_GUARDS):
                        self._db.execute(statement)
        _refuse_newer(self, str(file))

    def do(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._understood():
            return self._db.execute(statement, tuple(values)).fetchall()

    def many(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        with self._understood():
            self._db.executemany(statement, rows)

    @contextmanager
    def writing(self) -> Iterator[None]:
        self.do("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self.do("COMMIT")

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.DatabaseError, OSError) as error:
            raise LedgerError(f"the memory {self._file} cannot be used: {error}", "restore the file from a copy, or name another place in memory.path") from error


def _statements(script: str) -> Iterator[str]:
    """Single statements of a script, whole triggers among them."""
    part = ""
    for piece in script.split(";"):
        part += piece + ";"
        if sqlite3.complete_statement(part):
            yield part
            part = ""


class _Postgres:
    """A server that a team shares. Passwords come from PGPASSWORD or ~/.pgpass."""

    def __init__(self, address: str) -> None:
        with boundary("psycopg", "postgres"):
            import psycopg
        self._error, self._place = psycopg.Error, _without_password(address)
        with self._understood():
            self._db = psycopg.connect(address, autocommit=True, connect_timeout=10)
            with self.writing():
                # One process at a time makes the tables.
                self._db.execute("SELECT pg_advisory_xact_lock(727164)")
                if not self.do("SELECT 1 WHERE to_regclass('memory_schema') IS NOT NULL"):
                    self._db.execute((_TABLES + _POSTGRES_GUARDS).encode())
        _refuse_newer(self, self._place)

    def do(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._understood():
            cursor = self._db.execute(statement.replace("?", "%s").encode(), tuple(values))
            return cursor.fetchall() if cursor.description else []

    def many(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        with self._understood(), self._db.cursor() as cursor:
            # Types are told where the server cannot see them: a selected value has none of its own.
            cursor.executemany(statement.replace("SELECT ?, ?, ?", "SELECT ?::text, ?::text, ?::text").replace("?", "%s").encode(), rows)

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self._understood(), self._db.transaction():
            yield

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            said = " ".join(str(error).split())
            raise LedgerError(f"the memory {self._place} cannot be used: {said}", "see that the server runs and lets you in, or name another place in memory.path") from error


def _refuse_newer(database: _Database, place: str) -> None:
    number = database.do("SELECT MAX(number) FROM memory_schema")[0][0]
    if number != 1:
        database.close()
        raise LedgerError(f"the memory {place} was written by a newer SynLearner (schema {number}, this one knows 1)", "upgrade synlearner")
