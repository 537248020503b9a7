"""Numbered migrations of the ledger. Each runs once, in one transaction; a file from a newer version is refused, never touched."""

from __future__ import annotations

import sqlite3

from synlearner.errors import LedgerError

_TABLES = ("run", "session", "step", "step_closed", "prompt", "unit", "answer", "outcome", "mark", "score", "event")
_CREATE = """
CREATE TABLE run (id INTEGER PRIMARY KEY CHECK (id = 1), spec_key TEXT NOT NULL, spec TEXT NOT NULL, created TEXT NOT NULL);
CREATE TABLE session (id INTEGER PRIMARY KEY, started TEXT NOT NULL, mode TEXT NOT NULL, versions TEXT NOT NULL);
CREATE TABLE step (key TEXT PRIMARY KEY, position INTEGER NOT NULL UNIQUE, task TEXT NOT NULL, name TEXT NOT NULL, inputs TEXT NOT NULL, opened TEXT NOT NULL);
CREATE TABLE step_closed (key TEXT PRIMARY KEY REFERENCES step(key), result TEXT NOT NULL, seconds REAL NOT NULL, closed TEXT NOT NULL);
CREATE TABLE prompt (step TEXT NOT NULL REFERENCES step(key), id TEXT NOT NULL, position INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (step, id)) WITHOUT ROWID;
CREATE TABLE unit (step TEXT NOT NULL, turn INTEGER NOT NULL, number INTEGER NOT NULL, seconds REAL NOT NULL, closed TEXT NOT NULL, PRIMARY KEY (step, turn, number)) WITHOUT ROWID;
CREATE TABLE answer (
  step TEXT NOT NULL, prompt TEXT NOT NULL, turn INTEGER NOT NULL, text TEXT, error TEXT, tokens_in INTEGER, tokens_out INTEGER, seconds REAL NOT NULL,
  PRIMARY KEY (step, prompt, turn), CHECK ((text IS NULL) <> (error IS NULL))
) WITHOUT ROWID;
CREATE TABLE outcome (
  step TEXT NOT NULL, prompt TEXT NOT NULL, turn INTEGER NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('sample', 'rejection', 'failure')), reason TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (step, prompt)
) WITHOUT ROWID;
CREATE TABLE mark (id INTEGER PRIMARY KEY, step TEXT NOT NULL, prompt TEXT NOT NULL, filter TEXT NOT NULL, dropped INTEGER NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX mark_step ON mark (step);
CREATE TABLE score (
  step TEXT NOT NULL, prompt TEXT NOT NULL, name TEXT NOT NULL, value REAL, reason TEXT,
  PRIMARY KEY (step, prompt, name), CHECK ((value IS NULL) <> (reason IS NULL))
) WITHOUT ROWID;
CREATE TABLE event (id INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL);
"""
# More tasks came to the run: its key and specification from then on. Their story before stays where it was.
_EXTENSION = "CREATE TABLE extension (id INTEGER PRIMARY KEY, spec_key TEXT NOT NULL, spec TEXT NOT NULL, at TEXT NOT NULL);\n"


def _guards(*tables: str) -> str:
    """Triggers that refuse every update and delete."""
    return "".join(
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;\n"
        for table in tables
        for verb in ("update", "delete")
    )


MIGRATIONS: tuple[str, ...] = (_CREATE + _guards(*_TABLES), _EXTENSION + _guards("extension"))


def migrate(connection: sqlite3.Connection) -> int:
    """Bring a database to the newest schema and return its number. `PRAGMA user_version` holds the number."""
    have = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if have > len(MIGRATIONS):
        raise LedgerError(f"the ledger was written by a newer SynLearner (schema {have}, this one knows {len(MIGRATIONS)})", "upgrade synlearner")
    for number in range(have, len(MIGRATIONS)):
        connection.executescript(f"BEGIN IMMEDIATE;\n{MIGRATIONS[number]}\nPRAGMA user_version = {number + 1};\nCOMMIT;")
    return len(MIGRATIONS)
