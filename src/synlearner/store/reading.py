"""Rows as people look for them: page by page, filtered and searched, each with its whole story; and how far a run is. Nothing here writes.

The table `reading` has one line per prompt of a finished step. All methods cost a fraction of a second at 100,000 rows.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synlearner.records import Draft, Failure, Mark, Measurement, Outcome, Prompt, Score, Unscored, Verdict
from synlearner.store.ledger import FILE, Ledger, _outcome, _prompt
from synlearner.store.verdicts import CURRENT, _verdict

FACETS = ("task", "purpose", "state", "reason", "label")
SHOWN = 400


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for: equal values by name of a facet, a text that the row contains (case of ASCII letters apart), and a judgement that somebody gave."""

    values: Mapping[str, str]
    text: str = ""
    judged: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A row in a list. `text` is its beginning, `length` how long it is; `judgements` are those that count, by person."""

    id: int
    step: str
    prompt: str
    task: str
    purpose: str
    label: str
    state: str
    reason: str
    score: float | None
    text: str
    length: int
    judgements: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of `total` rows; `number` counts from 1."""

    lines: Sequence[Line]
    total: int
    number: int
    pages: int


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that the ledger knows of a row. `verdicts` are all of them, oldest first."""

    line: Line
    step: str
    prompt: Prompt
    answers: Sequence[Draft | Failure]
    outcome: Outcome
    marks: Sequence[Mark]
    measured: Sequence[Measurement]
    verdicts: Sequence[Verdict]


@dataclass(frozen=True, slots=True)
class Working:
    """An open step, with how many of its prompts are answered, and when it was opened."""

    task: str
    name: str
    opened: str
    prompts: int
    answered: int


class Reading:
    """A reader of one ledger. Use `Reading.open`, as a context manager."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @classmethod
    def open(cls, folder: str | Path) -> Reading:
        """A reader of the ledger in `folder`. Raises LedgerError where there is no run."""
        Ledger.open(folder, read_only=True).close()
        connection = sqlite3.connect(Path(folder) / FILE, timeout=30.0, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA query_only = ON")
        # SQL makes halves of characters out of escapes such as "\ud800", which no text of ours can hold.
        connection.text_factory = _text
        return cls(connection)

    def __enter__(self) -> Reading:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    # ── rows ────────────────────────────────────────────────────────────

    def page(self, wanted: Filter, number: int = 1, size: int = 50) -> Page:
        """The page of that number, or the last one where there are fewer."""
        where, values = _where(wanted)
        total = int(self._db.execute(f"SELECT count(*) FROM reading r WHERE {where}", values).fetchone()[0])  # noqa: S608  (values are bound)
        pages = max(1, -(-total // size))
        number = min(max(1, number), pages)
        ids = [r[0] for r in self._db.execute(f"SELECT id FROM reading r WHERE {where} ORDER BY id LIMIT ? OFFSET ?", (*values, size, (number - 1) * size))]  # noqa: S608
        return Page(self.lines(ids), total, number, pages)

    def lines(self, ids: Sequence[int]) -> list[Line]:
        """Rows by id, in that order; ids that there are not are left out."""
        marks = ", ".join("?" * len(ids))
        shown = "id, step, prompt, task, purpose, label, state, reason, score, substr(text, 1, ?), length(text)"
        rows: dict[int, tuple[Any, ...]] = {r[0]: r for r in self._db.execute(f"SELECT {shown} FROM reading WHERE id IN ({marks})", (SHOWN, *ids))}  # noqa: S608
        said: dict[int, dict[str, str]] = {}
        current = f"SELECT r.id, v.who, v.judgement FROM ({CURRENT}) v JOIN reading r USING (step, prompt) WHERE v.judgement <> 'none' AND r.id IN ({marks})"  # noqa: S608
        for i, who, judgement in self._db.execute(current, tuple(ids)):
            said.setdefault(i, {})[who] = judgement
        return [Line(*(*rows[i], said.get(i, {}))) for i in ids if i in rows]

    def facets(self, wanted: Filter) -> dict[str, dict[str, int]]:
        """For each facet its values with the number of rows that the other facets leave; texts and judgements are not looked at."""
        found = {}
        for name in FACETS:
            where, values = _where(Filter({k: v for k, v in wanted.values.items() if k != name}))
            found[name] = dict(self._db.execute(f"SELECT {name}, count(*) FROM reading r WHERE {where} GROUP BY 1 ORDER BY 2 DESC, 1", values).fetchall())  # noqa: S608
        return found

    def story(self, number: int) -> Story | None:
        """A row with everything that is known of it; None where there is no such row."""
        line = next(iter(self.lines([number])), None)
        if line is None:
            return None
        row, ask = (line.step, line.prompt), self._db.execute
        answers = ask("SELECT turn, text, error, tokens_in, tokens_out, seconds FROM answer WHERE step = ? AND prompt = ? ORDER BY turn", row)
        marks = ask("SELECT filter, dropped, reason, detail FROM mark WHERE step = ? AND prompt = ? ORDER BY id", row)
        scores = ask("SELECT name, value, reason FROM score WHERE step = ? AND prompt = ? ORDER BY name", row)
        said = ask("SELECT step, prompt, judgement, who, at, label, note, drawn FROM verdict WHERE step = ? AND prompt = ? ORDER BY id", row)
        return Story(
            line=line,
            step=ask("SELECT name FROM step WHERE key = ?", row[:1]).fetchone()[0],
            prompt=_prompt(json.loads(ask("SELECT body FROM prompt WHERE step = ? AND id = ?", row).fetchone()[0])),
            answers=[Failure(line.prompt, t, e) if x is None else Draft(line.prompt, t, x, i, o, s) for t, x, e, i, o, s in answers],
            outcome=_outcome(*ask("SELECT prompt, turn, kind, reason, body FROM outcome WHERE step = ? AND prompt = ?", row).fetchone()),
            marks=[Mark(line.prompt, f, bool(d), r, t) for f, d, r, t in marks],
            measured=[Unscored(n, r) if v is None else Score(n, v) for n, v, r in scores],
            verdicts=[_verdict(v) for v in said],
        )

    # ── for the review ──────────────────────────────────────────────────

    def population(self) -> list[tuple[int, str, str, float | None]]:
        """The rows that data sets are made of: (id, task, label, our score) of what was kept of each task's writing, tasks in the order of the
        stream. Of a step that was begun twice the later one counts.
        """
        latest = "SELECT key FROM step s WHERE position = (SELECT max(position) FROM step t WHERE t.task = s.task AND t.name = s.name)"
        begun = "SELECT task, min(position) AS first FROM step GROUP BY task"
        rows = f"SELECT r.id, r.task, r.label, r.score FROM reading r JOIN ({begun}) b ON b.task = r.task WHERE purpose = 'synthesis' AND state = 'kept' AND step IN ({latest})"  # noqa: S608
        return self._db.execute(f"{rows} ORDER BY b.first, r.id").fetchall()

    def people(self) -> dict[int, float]:
        """By id of a row that was drawn for review: the share of the people that accept it, of those that say something."""
        drawn = "EXISTS (SELECT 1 FROM verdict d WHERE d.step = r.step AND d.prompt = r.prompt AND d.drawn)"
        said = f"SELECT r.id, avg(v.judgement = 'accept') FROM ({CURRENT}) v JOIN reading r USING (step, prompt) WHERE v.judgement <> 'none' AND {drawn} GROUP BY 1"  # noqa: S608
        return dict(self._db.execute(said).fetchall())

    def judged(self) -> dict[str, int]:
        """How many verdicts count, by judgement."""
        return dict(self._db.execute(f"SELECT judgement, count(*) FROM ({CURRENT}) WHERE judgement <> 'none' GROUP BY 1").fetchall())  # noqa: S608

    def last_by(self, who: str) -> int | None:
        """The row that a person's latest verdict is of."""
        found = self._db.execute("SELECT r.id FROM verdict v JOIN reading r USING (step, prompt) WHERE v.who = ? ORDER BY v.id DESC LIMIT 1", (who,)).fetchone()
        return found and int(found[0])

    # ── the run ─────────────────────────────────────────────────────────

    def stamp(self) -> tuple[int, ...]:
        """Changes when a step opens or closes, a session begins or ends, or a verdict is given."""
        counted = ("max(position) FROM step", "count(*) FROM step_closed", "max(id) FROM session", "max(id) FROM event", "max(id) FROM verdict", "max(id) FROM reading")
        return tuple(self._db.execute(f"SELECT {', '.join(f'coalesce((SELECT {c}), 0)' for c in counted)}").fetchone())

    def working(self) -> list[Working]:
        """The open steps."""
        opened = "SELECT task, name, opened, key FROM step WHERE NOT EXISTS (SELECT 1 FROM step_closed c WHERE c.key = step.key) ORDER BY position"
        counted = "(SELECT count(*) FROM prompt WHERE step = key), (SELECT count(*) FROM answer WHERE step = key AND turn = 0)"
        return [Working(*row) for row in self._db.execute(f"SELECT task, name, opened, {counted} FROM ({opened})")]  # noqa: S608

    def last_sign(self) -> str:
        """When the run last wrote something, in UTC; empty where it never did."""
        signs = ("max(closed) FROM unit", "max(closed) FROM step_closed", "max(opened) FROM step", "max(started) FROM session")
        return str(self._db.execute(f"SELECT max({', '.join(f'''coalesce((SELECT {s}), '')''' for s in signs)})").fetchone()[0])

    def kept_by_task(self) -> dict[str, dict[str, int]]:
        """Rows by task and state."""
        found: dict[str, dict[str, int]] = {}
        for task, state, n in self._db.execute("SELECT task, state, count(*) FROM reading GROUP BY 1, 2"):
            found.setdefault(task, {})[state] = n
        return found


def _where(wanted: Filter) -> tuple[str, list[Any]]:
    """A condition on `reading r` with its values."""
    parts, values = ["1"], []
    for name in (n for n in FACETS if n in wanted.values):
        parts.append(f"{name} = ?")
        values.append(wanted.values[name])
    if wanted.text:
        parts.append("text LIKE ? ESCAPE '\\'")
        values.append("%" + "".join(f"\\{c}" if c in "\\%_" else c for c in wanted.text) + "%")
    if wanted.judged:
        parts.append(f"id IN (SELECT q.id FROM ({CURRENT}) v JOIN reading q USING (step, prompt) WHERE v.judgement = ?)")  # noqa: S608
        values.append(wanted.judged)
    return " AND ".join(parts), values


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
