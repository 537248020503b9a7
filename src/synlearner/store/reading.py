"""Rows as people look for them: page by page, filtered and searched, each with its whole story; and how far a run is. Nothing here writes.

The table `reading` has one line per prompt of a finished step. All methods cost a fraction of a second at 100,000 rows.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from synlearner.records import Draft, Failure, Mark, Measurement, Outcome, Prompt, Score, Unscored, Verdict
from synlearner.store.ledger import FILE, Ledger, _outcome, prompt_of
from synlearner.store.spending import Spending, spending_in
from synlearner.store.verdicts import CURRENT, _verdict

FACETS = ("task", "purpose", "state", "reason", "label")
SHOWN = 400
# Steps that were begun again later; and the rows of a task that its data set is made of.
_SUPERSEDED = "SELECT key FROM step s WHERE position < (SELECT max(position) FROM step t WHERE t.task = s.task AND t.name = s.name)"
_KEPT = f"task = ? AND purpose = 'synthesis' AND state = 'kept' AND step NOT IN ({_SUPERSEDED})"

# Tasks with what a memory told them.
_TOLD = "SELECT m.task FROM step m JOIN step_closed c ON c.key = m.key WHERE (m.name = 'memory' OR m.name LIKE 'memory.%')"
_SHOWED = "EXISTS (SELECT 1 FROM prompt p WHERE p.step = r.step AND p.id = r.prompt AND instr(p.body, ?))"


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for: equal values by name of a facet, a text that the row contains (case of ASCII letters apart), a judgement that somebody
    gave, and the id of a lesson that the prompt showed.
    """

    values: Mapping[str, str]
    text: str = ""
    judged: str = ""
    lesson: str = ""

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from other filters."""
        return (*sorted(self.values.items()), self.text, self.judged, self.lesson)


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
    lessons: Sequence[tuple[str, str]] = ()
    """Ids and texts of remembered lessons that the prompt showed."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A row that people judged: `good` where more of them accept it than not."""

    task: str
    prompt: str
    fields: Mapping[str, str]
    label: str
    attributes: Mapping[str, str]
    good: bool


@dataclass(frozen=True, slots=True)
class Working:
    """An open step, with how many of its prompts are answered, and when it was opened."""

    task: str
    name: str
    opened: str
    prompts: int
    answered: int


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished step: its number in the order in which steps were finished, and when."""

    number: int
    key: str
    task: str
    name: str
    result: Mapping[str, Any]
    at: datetime


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

    def crossed(self, last: int = 0, upto: int = -1) -> list[tuple[dict[str, str], int]]:
        """How many rows there are with each combination of facets that there is, those behind a row and up to another."""
        names = ("task", "purpose", "state", "label", "reason")
        between = "WHERE id > ? AND id <= ?" if last else "WHERE ? = 0 AND (? < 0 OR id <= ?2)"
        found = self._db.execute(f"SELECT {', '.join(names)}, count(*) FROM reading {between} GROUP BY {', '.join(names)}", (last, upto))  # noqa: S608  (constants)
        return [(dict(zip(names, row, strict=False)), row[-1]) for row in found]

    def find(self, wanted: Filter) -> list[int]:
        """Ids of all rows that are looked for, in their order."""
        where, values = _where(wanted)
        return [r[0] for r in self._db.execute(f"SELECT id FROM reading r WHERE {where} ORDER BY id", values)]  # noqa: S608  (values are bound)

    def page(self, wanted: Filter, number: int, size: int) -> list[Line]:
        """The rows of a page, which counts from 1; empty behind the last."""
        where, values = _where(wanted)
        ids = self._db.execute(f"SELECT id FROM reading r WHERE {where} ORDER BY id LIMIT ? OFFSET ?", (*values, size, (number - 1) * size))  # noqa: S608
        return self.lines([r[0] for r in ids])

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
        prompt = prompt_of(json.loads(ask("SELECT body FROM prompt WHERE step = ? AND id = ?", row).fetchone()[0]))
        texts = self.lesson_texts() if prompt.hints else {}
        return Story(
            line=line,
            step=ask("SELECT name FROM step WHERE key = ?", row[:1]).fetchone()[0],
            prompt=prompt,
            lessons=[(hint, texts.get(hint, "")) for hint in prompt.hints],
            answers=[Failure(line.prompt, t, e) if x is None else Draft(line.prompt, t, x, i, o, s) for t, x, e, i, o, s in answers],
            outcome=_outcome(*ask("SELECT prompt, turn, kind, reason, body FROM outcome WHERE step = ? AND prompt = ?", row).fetchone()),
            marks=[Mark(line.prompt, f, bool(d), r, t) for f, d, r, t in marks],
            measured=[Unscored(n, r) if v is None else Score(n, v) for n, v, r in scores],
            verdicts=[_verdict(v) for v in said],
        )

    def lesson_texts(self) -> dict[str, str]:
        """Texts of lessons that tasks were told, by id."""
        told = self._db.execute(_TOLD.replace("m.task", "c.result", 1)).fetchall()
        return {str(lesson): str(text) for (result,) in told for lesson, text in json.loads(result).get("hints", ())}

    # ── for the review ──────────────────────────────────────────────────

    def population(self, task: str = "") -> dict[tuple[str, str], list[tuple[int, float | None]]]:
        """The rows that data sets, or one task's, are made of: by task and label, id and our score of what was kept of the task's writing. Tasks come in
        the order of the stream. Of a step that was begun twice the later one counts.
        """
        labels = f"SELECT DISTINCT label FROM reading WHERE {_KEPT} ORDER BY 1"  # noqa: S608
        rows = f"SELECT id, score FROM reading WHERE {_KEPT} AND label = ?"  # noqa: S608
        found = [(t, label) for t in self._tasks() if task in ("", t) for (label,) in self._db.execute(labels, (t,)).fetchall()]
        return {key: self._db.execute(rows, key).fetchall() for key in found}

    def kept_since(self, last: int) -> list[tuple[int, str, str, str, float | None]]:
        """Rows of data sets that came behind a row: id, step, task, label and our score. Rows are only ever added, so that whoever keeps the others has all."""
        found = "SELECT id, step, task, label, score FROM reading WHERE id > ? AND purpose = 'synthesis' AND state = 'kept' ORDER BY id"
        return self._db.execute(found, (last,)).fetchall()

    def superseded(self) -> set[str]:
        """Steps that were begun again later."""
        return {key for (key,) in self._db.execute(_SUPERSEDED)}

    def wholes(self) -> dict[tuple[str, str], tuple[int, int, float]]:
        """By task and label of that population: rows, rows with a score, and the sum of the scores."""
        counted = f"SELECT label, count(*), count(score), total(score) FROM reading WHERE {_KEPT} GROUP BY label ORDER BY 1"  # noqa: S608
        return {(t, label): (n, scored, total) for t in self._tasks() for label, n, scored, total in self._db.execute(counted, (t,))}

    def _tasks(self) -> list[str]:
        """Tasks in the order in which they were begun."""
        return [t for (t,) in self._db.execute("SELECT task FROM step GROUP BY task ORDER BY min(position)").fetchall()]

    def people(self) -> list[tuple[str, str, float | None, float, dict[str, str]]]:
        """Of that population, the rows that were drawn for review and judged: task, label, our score, the share of the people that accept it, of those
        that say something, and the attribute values that the row was asked for with.
        """
        drawn = "EXISTS (SELECT 1 FROM verdict d WHERE d.step = r.step AND d.prompt = r.prompt AND d.drawn)"
        asked = "(SELECT json_extract(p.body, '$.attributes') FROM prompt p WHERE p.step = r.step AND p.id = r.prompt)"
        said = f"SELECT r.task, r.label, r.score, avg(v.judgement = 'accept'), {asked} FROM ({CURRENT}) v CROSS JOIN reading r ON r.step = v.step AND r.prompt = v.prompt"  # noqa: S608
        kept = f"v.judgement <> 'none' AND r.purpose = 'synthesis' AND r.state = 'kept' AND r.step NOT IN ({_SUPERSEDED}) AND {drawn}"
        found = self._db.execute(f"{said} WHERE {kept} GROUP BY r.id ORDER BY r.id").fetchall()
        return [(*row[:4], json.loads(row[4] or "{}")) for row in found]

    def spoken(self) -> list[Spoken]:
        """Rows of that population that were drawn for review and judged by more people in one way than in the other, whole."""
        drawn = "EXISTS (SELECT 1 FROM verdict d WHERE d.step = r.step AND d.prompt = r.prompt AND d.drawn)"
        said = f"SELECT r.task, r.prompt, o.body, avg(v.judgement = 'accept') AS share FROM ({CURRENT}) v JOIN reading r USING (step, prompt) JOIN outcome o USING (step, prompt)"  # noqa: S608
        kept = f"v.judgement <> 'none' AND r.purpose = 'synthesis' AND r.state = 'kept' AND r.step NOT IN ({_SUPERSEDED}) AND {drawn}"
        found = self._db.execute(f"{said} WHERE {kept} GROUP BY r.id HAVING share <> 0.5 ORDER BY r.id").fetchall()
        bodies = [(task, prompt, json.loads(body), share) for task, prompt, body, share in found]
        return [Spoken(task, prompt, b["fields"], b["label"], b["attributes"], share > 0.5) for task, prompt, b, share in bodies]

    def scored(self, name: str) -> list[tuple[str, float, float]]:
        """Of the rows that were drawn for review and judged, those that a measurement of this name scored: task, score, and the share of the people that accept it."""
        drawn = "EXISTS (SELECT 1 FROM verdict d WHERE d.step = r.step AND d.prompt = r.prompt AND d.drawn)"
        said = f"SELECT r.task, s.value, avg(v.judgement = 'accept') FROM ({CURRENT}) v JOIN reading r USING (step, prompt) JOIN score s USING (step, prompt)"  # noqa: S608
        kept = f"v.judgement <> 'none' AND r.state = 'kept' AND r.step NOT IN ({_SUPERSEDED}) AND s.name = ? AND s.value IS NOT NULL AND {drawn}"
        return self._db.execute(f"{said} WHERE {kept} GROUP BY r.id ORDER BY r.id", (name,)).fetchall()

    def judged(self) -> dict[str, int]:
        """How many verdicts count, by judgement."""
        return dict(self._db.execute(f"SELECT judgement, count(*) FROM ({CURRENT}) WHERE judgement <> 'none' GROUP BY 1").fetchall())  # noqa: S608

    def last_by(self, who: str) -> int | None:
        """The row that a person's latest verdict is of."""
        found = self._db.execute("SELECT r.id FROM verdict v JOIN reading r USING (step, prompt) WHERE v.who = ? ORDER BY v.id DESC LIMIT 1", (who,)).fetchone()
        return found and int(found[0])

    # ── the run ─────────────────────────────────────────────────────────

    def spec(self) -> dict[str, Any]:
        """The resolved specification, with the tasks that came later; empty in an empty ledger."""
        found = self._db.execute("SELECT spec FROM (SELECT 0 AS id, spec FROM run UNION ALL SELECT id, spec FROM extension) ORDER BY id DESC LIMIT 1").fetchone()
        return dict(json.loads(found[0])) if found else {}

    def identity(self) -> tuple[str, str]:
        """The key that the run began with, and when that was: the same for as long as the folder is, and in its copies. Empty in an empty ledger."""
        found = self._db.execute("SELECT spec_key, created FROM run").fetchone()
        return (str(found[0]), str(found[1])) if found else ("", "")

    def settings(self) -> dict[str, Any]:
        """The run's settings as the last session had them."""
        changed = self._db.execute("SELECT body FROM event WHERE kind = 'settings' ORDER BY id DESC LIMIT 1").fetchone()
        return dict(json.loads(changed[0])["run"] if changed else self.spec().get("run", {}))

    def finished(self, after: int = 0) -> list[Finished]:
        """Finished steps in the order in which they were finished, those behind a number."""
        found = "SELECT c.rowid, s.key, s.task, s.name, c.result, c.closed FROM step_closed c JOIN step s ON s.key = c.key WHERE c.rowid > ? ORDER BY c.rowid"
        return [Finished(n, key, task, name, json.loads(result), datetime.fromisoformat(at)) for n, key, task, name, result, at in self._db.execute(found, (after,))]

    def spending(self) -> Spending:
        """Sums of what was spent so far, by model and price."""
        return spending_in(self._db)

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
    if wanted.lesson:
        parts.append(f"task IN ({_TOLD} AND instr(c.result, ?)) AND {_SHOWED}")
        values += [json.dumps(wanted.lesson)] * 2
    return " AND ".join(parts), values


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
