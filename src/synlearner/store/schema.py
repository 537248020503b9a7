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
# What people say of rows, and the rows as people look for them: `reading` is filled when a step closes, from what the step left, and can be made again from it.
_SHELVE = """
INSERT INTO reading (step, prompt, task, purpose, label, state, reason, score, text)
SELECT o.step, o.prompt, s.task, substr(s.name, 1, instr(s.name || '.', '.') - 1), json_extract(p.body, '$.label'),
  CASE WHEN o.kind = 'failure' THEN 'failed' WHEN o.kind = 'rejection' OR d.id IS NOT NULL THEN 'rejected' ELSE 'kept' END,
  CASE o.kind WHEN 'failure' THEN '' WHEN 'rejection' THEN o.reason ELSE coalesce(d.reason, '') END,
  (SELECT avg(mean) FROM (SELECT avg(value) AS mean FROM score WHERE step = o.step AND prompt = o.prompt AND value IS NOT NULL AND name <> 'logprob'
    GROUP BY substr(name, 1, instr(name || '/', '/') - 1))),
  CASE o.kind WHEN 'rejection' THEN json_extract(o.body, '$.raw') WHEN 'failure' THEN ''
    ELSE coalesce((SELECT group_concat(value, char(10)) FROM json_each(o.body, '$.fields')), '') END
FROM step_closed c JOIN step s ON s.key = c.key JOIN prompt p ON p.step = s.key JOIN outcome o ON o.step = s.key AND o.prompt = p.id
LEFT JOIN mark d ON d.id = (SELECT min(id) FROM mark WHERE step = o.step AND prompt = o.prompt AND dropped)
"""
_SHELVING = f"CREATE TRIGGER step_closed_reading AFTER INSERT ON step_closed BEGIN {_SHELVE} WHERE c.key = NEW.key ORDER BY p.position; END;"
_REVIEW = f"""
CREATE TABLE verdict (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, step TEXT NOT NULL, prompt TEXT NOT NULL,
  judgement TEXT NOT NULL CHECK (judgement IN ('accept', 'reject', 'relabel', 'none')), label TEXT NOT NULL, note TEXT NOT NULL, drawn INTEGER NOT NULL,
  undoes INTEGER REFERENCES verdict(id), FOREIGN KEY (step, prompt) REFERENCES prompt(step, id), CHECK ((judgement = 'relabel') = (label <> ''))
);
CREATE INDEX verdict_row ON verdict (step, prompt, who, id);
CREATE INDEX verdict_who ON verdict (who, id);
CREATE INDEX mark_row ON mark (step, prompt, id);
CREATE INDEX prompt_position ON prompt (step, position);
CREATE INDEX answer_turn ON answer (step, turn);
CREATE TABLE reading (
  id INTEGER PRIMARY KEY, step TEXT NOT NULL, prompt TEXT NOT NULL, task TEXT NOT NULL, purpose TEXT NOT NULL, label TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('kept', 'rejected', 'failed')), reason TEXT NOT NULL, score REAL, text TEXT NOT NULL
);
{_SHELVE} ORDER BY s.position, p.position;
CREATE UNIQUE INDEX reading_row ON reading (step, prompt);
CREATE INDEX reading_facets ON reading (task, purpose, state, label, reason, score, step);
{_SHELVING}
"""

# What was spent: requests on the wire with what was set aside for each and how each ended, and the tokens of local models. A request without an end was
# under way when the process died. Answers of older ledgers count as local: nobody wrote down what their requests took.
_SPENDING = """
CREATE TABLE price (
  id INTEGER PRIMARY KEY, model TEXT NOT NULL, input TEXT NOT NULL, output TEXT NOT NULL, currency TEXT NOT NULL, version TEXT NOT NULL, dated TEXT NOT NULL,
  UNIQUE (model, input, output, currency, version, dated)
);
CREATE TABLE request (
  id INTEGER PRIMARY KEY, session INTEGER NOT NULL, model TEXT NOT NULL, price INTEGER REFERENCES price(id), tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL
);
CREATE TABLE request_end (request INTEGER PRIMARY KEY, tokens_in INTEGER, tokens_out INTEGER, outcome TEXT NOT NULL);
CREATE TABLE local_use (
  step TEXT NOT NULL, turn INTEGER NOT NULL, number INTEGER NOT NULL, tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, PRIMARY KEY (step, turn, number)
) WITHOUT ROWID;
INSERT INTO local_use SELECT step, turn, -1, COALESCE(SUM(tokens_in), 0), COALESCE(SUM(tokens_out), 0) FROM answer GROUP BY step, turn;
"""
# How likely the engine found its answers. Such numbers are in no mean of a row's scores, which older ledgers do not know.
_LIKELY = f"""
CREATE TABLE logprob (step TEXT NOT NULL, prompt TEXT NOT NULL, turn INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (step, prompt, turn)) WITHOUT ROWID;
DROP TRIGGER step_closed_reading;
{_SHELVING}
"""


def _guards(*tables: str) -> str:
    """Triggers that refuse every update and delete."""
    return "".join(
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;\n"
        for table in tables
        for verb in ("update", "delete")
    )


MIGRATIONS: tuple[str, ...] = (
    _CREATE + _guards(*_TABLES),
    _EXTENSION + _guards("extension"),
    _REVIEW + _guards("verdict", "reading"),
    _SPENDING + _guards("price", "request", "request_end", "local_use"),
    _LIKELY + _guards("logprob"),
)


def migrate(connection: sqlite3.Connection) -> int:
    """Bring a database to the newest schema and return its number. `PRAGMA user_version` holds the number."""
    have = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if have > len(MIGRATIONS):
        raise LedgerError(f"the ledger was written by a newer SynLearner (schema {have}, this one knows {len(MIGRATIONS)})", "upgrade synlearner")
    for number in range(have, len(MIGRATIONS)):
        connection.executescript(f"BEGIN IMMEDIATE;\n{MIGRATIONS[number]}\nPRAGMA user_version = {number + 1};\nCOMMIT;")
    return len(MIGRATIONS)
