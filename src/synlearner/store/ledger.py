"""The ledger of a run: steps, prompts, answers, verdicts and scores, written once and never changed.

A step is named by the content hash of all that determines it. It is *open* until its result is recorded last; whatever a killed
run left in an open step is found again by `units` and is not generated twice. Every public method is one transaction, but for `keep_unit`, whose
rows go along with the next one; how long they may wait is the `journal`'s law.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from sys import intern
from typing import Any, Literal

from synlearner.errors import LedgerError
from synlearner.records import MOST_TOKENS, Draft, Failure, Mark, Measurement, Outcome, Prompt, Rejection, Row, Sample, Score, Unscored
from synlearner.store.ahead import Ahead, Rows
from synlearner.store.journal import Journal
from synlearner.store.schema import migrate
from synlearner.store.spending import Spending, spending_in
from synlearner.stream.prices import Price, PriceTable
from synlearner.stream.texts import encoded, storable

Resume = Literal["never", "always", "if_possible"]
FILE = "ledger.db"
# Pages of the write-ahead log that are moved into the file together (40 MB): a move waits for the disk, and rows come in no order, so that few pages are written once.
PAGES = 10_000
# Prompts that are handed to the journal together.
PROMPTS = 512
# The error of a prompt that its step did not wait for.
POSTPONED = "not waited for: the next round has its answer"
Differs = Callable[[str, Mapping[str, Any]], tuple[str, str] | None]


def of_another(_key: str, _spec: Mapping[str, Any]) -> tuple[str, str]:
    """What is said of another key where nobody can say more."""
    return "tasks, seed or settings differ", "choose another --out"


@dataclass(frozen=True, slots=True)
class Step:
    """A step as recorded. `result` is None while it is open."""

    key: str
    position: int
    task: str
    name: str
    inputs: Mapping[str, Any]
    result: Mapping[str, Any] | None
    seconds: float | None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=True)


class Ledger:
    """One run's archive. Use `Ledger.open`; close it, or use it as a context manager."""

    def __init__(self, connection: sqlite3.Connection, folder: Path, ahead: Ahead | None = None) -> None:
        self._db = connection
        self.folder = folder
        self.journal = Journal(connection, folder, ahead)

    @classmethod
    def open(cls, folder: str | Path, *, read_only: bool = False) -> Ledger:
        """Open or create `folder/ledger.db`. A read-only ledger may be read while a run writes it."""
        folder = Path(folder)
        file = folder / FILE
        if read_only and not file.exists():
            raise LedgerError(f"{folder} holds no run (no {FILE})", "name a folder that `synlearner run` has written")
        if read_only and Ahead.orphaned(file):
            with suppress(LedgerError):  # where it may not be written there is less to be read
                cls.open(folder).close()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(f"{folder} cannot be a run folder: {error.strerror or error}", "choose another --out") from error
        try:
            connection = sqlite3.connect(file, timeout=30.0, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA wal_autocheckpoint = {PAGES}")
            connection.execute("PRAGMA foreign_keys = ON")
            migrate(connection)
            if read_only:
                connection.execute("PRAGMA query_only = ON")
        except sqlite3.DatabaseError as error:
            raise LedgerError(f"{file} cannot be opened: {error}", "restore the file from a copy or start a new run folder") from error
        ahead = None
        try:
            ahead = None if read_only else Ahead.beside(file)
            return cls(connection, folder, ahead)
        except (LedgerError, OSError, ValueError, OverflowError, sqlite3.Error) as error:
            if ahead:
                ahead.close(keep=True)
            connection.close()
            if isinstance(error, LedgerError):
                raise
            raise LedgerError(f"what was written ahead of {file} cannot be read: {error}", f"restore {file.name}-ahead0 and -ahead1 from a copy, or move them away") from error

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what waits, and release the file."""
        try:
            self.journal.close()
        finally:
            self._db.close()

    def _transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        return self.journal.transaction()

    # ── the run ─────────────────────────────────────────────────────────

    def begin(self, spec_key: str, spec: Mapping[str, Any], *, resume: Resume, versions: Mapping[str, str], differs: Differs = of_another) -> str:
        """Claim the folder for a run and say what was done: ``new``, ``resumed``, or ``extended`` by further tasks.

        `differs` gets key and specification that the folder is known by, where the key is another one. It says in words what keeps this run
        from being that one with or without further tasks, and the fix; None where nothing does.
        """
        found = self._last("SELECT spec_key, spec FROM extension ORDER BY id DESC", "SELECT spec_key, spec FROM run")
        if found and resume == "never":
            raise LedgerError(f"{self.folder} already holds a run", "choose another --out, or pass --resume if_possible")
        if not found and resume == "always":
            raise LedgerError(f"{self.folder} holds no run to resume", "pass --resume if_possible or --resume never")
        mode = self._mode(found, spec_key, spec, differs)
        with self._transaction() as db:
            if mode == "new":
                db.execute("INSERT INTO run VALUES (1, ?, ?, ?)", (spec_key, _dump(spec), _now()))
            if mode == "extended":
                db.execute("INSERT INTO extension (spec_key, spec, at) VALUES (?, ?, ?)", (spec_key, _dump(spec), _now()))
            db.execute("INSERT INTO session (started, mode, versions) VALUES (?, ?, ?)", (_now(), mode, _dump(dict(versions))))
        return mode

    def _mode(self, found: tuple[str, str] | None, spec_key: str, spec: Mapping[str, Any], differs: Differs) -> str:
        if found is None:
            return "new"
        if found[0] == spec_key:
            return "resumed"
        kept = json.loads(found[1])
        if difference := differs(found[0], kept):
            raise LedgerError(f"{self.folder} holds a run of another specification: {difference[0]}", difference[1])
        return "extended" if len(spec.get("tasks", ())) > len(kept.get("tasks", ())) else "resumed"

    def _last(self, *queries: str) -> tuple[Any, ...] | None:
        """The first row of the first query that has one."""
        return next((row for q in queries if (row := self._db.execute(q).fetchone())), None)

    def key(self) -> str:
        """The key of the specification that the folder belongs to; empty in an empty ledger."""
        row = self._last("SELECT spec_key FROM extension ORDER BY id DESC", "SELECT spec_key FROM run")
        return str(row[0]) if row else ""

    def spec(self) -> dict[str, Any] | None:
        """The resolved specification, with the tasks that came later; None in an empty ledger."""
        row = self._last("SELECT spec FROM extension ORDER BY id DESC", "SELECT spec FROM run")
        return json.loads(row[0]) if row else None

    def stages(self) -> list[int]:
        """How many tasks the run had from its beginning, and from each extension on."""
        rows = self._db.execute("SELECT spec FROM (SELECT 0 AS id, spec FROM run UNION ALL SELECT id, spec FROM extension) ORDER BY id")
        return [len(json.loads(r[0]).get("tasks", ())) for r in rows]

    def settings(self) -> dict[str, Any]:
        """The run's settings as the last session had them: those that are no part of the specification's key may change; empty in an empty ledger."""
        changed = self.events("settings")
        return dict(changed[-1]["run"] if changed else (self.spec() or {}).get("run", {}))

    def sessions(self) -> list[dict[str, Any]]:
        """Each start of the run: when, how, with which versions."""
        rows = self._db.execute("SELECT started, mode, versions FROM session ORDER BY id")
        return [{"started": s, "mode": m, "versions": json.loads(v)} for s, m, v in rows]

    def event(self, kind: str, **body: object) -> None:
        """Write down something that happened."""
        with self._transaction() as db:
            db.execute("INSERT INTO event (at, kind, body) VALUES (?, ?, ?)", (_now(), kind, _dump(body)))

    def events(self, kind: str) -> list[dict[str, Any]]:
        """All events of a kind, oldest first."""
        return [json.loads(r[0]) for r in self._db.execute("SELECT body FROM event WHERE kind = ? ORDER BY id", (kind,))]

    # ── steps ───────────────────────────────────────────────────────────

    def open_step(self, key: str, *, task: str, name: str, inputs: Mapping[str, Any]) -> Step:
        """Open a step, or find it again."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO step SELECT ?, (SELECT COALESCE(MAX(position), 0) + 1 FROM step), ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM step WHERE key = ?)",
                (key, task, name, _dump(dict(inputs)), _now(), key),
            )
        return self.step(key)

    def step(self, key: str) -> Step:
        """One step by its key."""
        row = self._db.execute(_STEPS + " WHERE step.key = ?", (key,)).fetchone()
        if row is None:
            raise LedgerError(f"there is no step {key}", "open it first")
        return _step(row)

    def steps(self) -> list[Step]:
        """All steps in the order in which they were opened."""
        return [_step(r) for r in self._db.execute(_STEPS + " ORDER BY position")]

    def close_step(self, key: str, result: Mapping[str, Any], *, seconds: float) -> None:
        """Record the result: from now on the step is done."""
        with self._transaction() as db:
            db.execute("INSERT INTO step_closed VALUES (?, ?, ?, ?)", (key, _dump(dict(result)), seconds, _now()))

    # ── prompts and answers ─────────────────────────────────────────────

    def add_prompts(self, step: str, prompts: Iterable[Prompt], *, first: int = 0) -> None:
        """Record prompts of a step soon, from its place `first` on; those already there are the same by their content hash and stay. They are there
        before their answers, and before any request that a purse is sure of.
        """
        rows = ((step, p.id, i, encoded(prompt_body(p)).decode()) for i, p in enumerate(prompts, first))
        while some := list(islice(rows, PROMPTS)):
            self.journal.later(("prompt", some))
            if len(some) == PROMPTS:  # so many need no company
                self.journal.flush()

    def prompt(self, step: str, prompt: str) -> Prompt:
        """One prompt of a step. Raises KeyError where it has none of this id."""
        query = "SELECT body FROM prompt WHERE step = ? AND id = ?", (step, prompt)
        if (row := self._db.execute(*query).fetchone()) is None:
            self.journal.flush()
            row = self._db.execute(*query).fetchone()
        if row is None:
            raise KeyError(prompt)
        return prompt_of(json.loads(row[0]))

    def prompts(self, step: str) -> list[Prompt]:
        """A step's prompts in their order."""
        self.journal.flush()
        rows = self._db.execute("SELECT body FROM prompt WHERE step = ? ORDER BY position", (step,))
        return [prompt_of(json.loads(r[0])) for r in rows]

    def add_unit(self, step: str, turn: int, number: int, answers: Sequence[Draft | Failure], *, seconds: float) -> None:
        """Record a finished unit with all its answers, or nothing of it."""
        rows = [_answer_row(step, a) for a in answers]
        with self._transaction() as db:
            db.executemany("INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            db.execute("INSERT INTO unit VALUES (?, ?, ?, ?, ?)", (step, turn, number, seconds, _now()))

    def keep_unit(self, step: str, turn: int, number: int, answers: Sequence[Draft | Failure], *, seconds: float, local: bool) -> None:
        """Record a finished unit soon, whole or not at all. `local`: its tokens were spent here, and not by requests that a purse counted."""
        writing: list[tuple[str, Rows]] = [("answer", [_answer_row(step, a) for a in answers]), ("unit", [(step, turn, number, seconds, _now())])]
        if likely := [(step, a.prompt_id, a.turn, a.logprob) for a in answers if isinstance(a, Draft) and a.logprob is not None]:
            writing.insert(0, ("logprob", likely))  # in front, so that no answer is kept without its own
        if local:
            drafts = [a for a in answers if isinstance(a, Draft)]
            writing.append(("local use", [(step, turn, number, sum(d.tokens_in or 0 for d in drafts), sum(d.tokens_out or 0 for d in drafts))]))
        self.journal.later(*writing)
        if local:
            self.journal.sure()

    def units(self, step: str, turn: int) -> set[int]:
        """Numbers of the units that are finished."""
        self.journal.flush()
        return {r[0] for r in self._db.execute("SELECT number FROM unit WHERE step = ? AND turn = ?", (step, turn))}

    def answers(self, step: str, turn: int) -> dict[str, Draft | Failure]:
        """Answers of one turn by prompt id."""
        return {a.prompt_id: a for a in self.each_answer(step, turn)}

    def each_answer(self, step: str, turn: int) -> Iterator[Draft | Failure]:
        """Answers of one turn, one at a time."""
        self.journal.flush()
        for r in self._db.execute("SELECT prompt, turn, text, error, tokens_in, tokens_out, seconds FROM answer WHERE step = ? AND turn = ?", (step, turn)):
            yield Failure(r[0], r[1], r[3]) if r[2] is None else Draft(r[0], r[1], r[2], r[4], r[5], r[6])

    def logprobs(self, step: str) -> dict[tuple[str, int], float]:
        """By prompt and turn the mean log probability of an answer's tokens, of those answers whose engine told."""
        self.journal.flush()
        return {(p, t): value for p, t, value in self._db.execute("SELECT prompt, turn, value FROM logprob WHERE step = ?", (step,))}

    def spent(self) -> dict[str, float]:
        """Over the whole run: known tokens in and out, requests, requests whose tokens nobody told, seconds of generation."""
        self.journal.flush()
        row = self._db.execute("SELECT COALESCE(SUM(tokens_in), 0), COALESCE(SUM(tokens_out), 0), COUNT(*), SUM(tokens_out IS NULL AND error IS NULL) FROM answer").fetchone()
        seconds = self._db.execute("SELECT COALESCE(SUM(seconds), 0) FROM unit").fetchone()[0]
        return {"tokens_in": row[0], "tokens_out": row[1], "requests": row[2], "unknown": row[3] or 0, "seconds": seconds}

    def tokens_of(self, step: str) -> dict[str, int]:
        """Known tokens of one step."""
        self.journal.flush()
        row = self._db.execute("SELECT COALESCE(SUM(tokens_in), 0), COALESCE(SUM(tokens_out), 0) FROM answer WHERE step = ?", (step,)).fetchone()
        return {"in": row[0], "out": row[1]}

    def seconds_of(self, step: str) -> float:
        """Seconds of generation of one step, over all sessions."""
        self.journal.flush()
        return float(self._db.execute("SELECT COALESCE(SUM(seconds), 0) FROM unit WHERE step = ?", (step,)).fetchone()[0])

    # ── what was spent ──────────────────────────────────────────────────

    def close_requests(self) -> tuple[int, int]:
        """Write down as `lost` what was under way when an earlier session died. Numbers of this session and of the last request."""
        with self._transaction() as db:
            db.execute("INSERT INTO request_end SELECT id, NULL, NULL, 'lost' FROM request WHERE id NOT IN (SELECT request FROM request_end)")
            session = db.execute("SELECT COALESCE(MAX(id), 0) FROM session").fetchone()[0]
            last = db.execute("SELECT COALESCE(MAX(id), 0) FROM (SELECT id FROM request UNION ALL SELECT request FROM request_end)").fetchone()[0]
        return session, last

    def price_number(self, model: str, price: Price, table: PriceTable) -> int:
        """The number of a model's price, which is recorded the first time."""
        row = (model, str(price.input), str(price.output), table.currency, table.version, table.date.isoformat())
        with self._transaction() as db:
            db.execute("INSERT OR IGNORE INTO price (model, input, output, currency, version, dated) VALUES (?, ?, ?, ?, ?, ?)", row)
            found = db.execute("SELECT id FROM price WHERE (model, input, output, currency, version, dated) = (?, ?, ?, ?, ?, ?)", row).fetchone()
        return int(found[0])

    def spending(self) -> Spending:
        """Sums of what was spent, by model and price."""
        self.journal.flush()
        return spending_in(self._db)

    # ── verdicts ────────────────────────────────────────────────────────

    def add_verdicts(self, step: str, outcomes: Sequence[Outcome], marks: Sequence[Mark], scores: Mapping[str, Sequence[Measurement]]) -> None:
        """Record what became of a step's prompts, all at once; a second call for the same step changes nothing."""
        if self.judged(step) is not None:
            return
        with self._transaction() as db:
            db.executemany("INSERT INTO outcome VALUES (?, ?, ?, ?, ?, ?)", (_outcome_row(step, o) for o in outcomes))
            db.executemany(
                "INSERT INTO mark (step, prompt, filter, dropped, reason, detail) VALUES (?, ?, ?, ?, ?, ?)",
                ((step, m.prompt_id, m.filter, int(m.drop), m.reason, m.detail) for m in marks),
            )
            db.executemany("INSERT INTO score VALUES (?, ?, ?, ?, ?)", (_score_row(step, p, m) for p, found in scores.items() for m in found))

    def judged(self, step: str) -> set[str] | None:
        """The prompts of a step that were left to another one, where it was recorded what became of them; None where it was not yet."""
        if not self._db.execute("SELECT 1 FROM outcome WHERE step = ? LIMIT 1", (step,)).fetchone():
            return None
        return {r[0] for r in self._db.execute("SELECT prompt FROM outcome WHERE step = ? AND kind = 'failure' AND reason = ?", (step, POSTPONED))}

    def outcomes(self, step: str) -> list[Outcome]:
        """What became of a step's prompts, in their order."""
        rows = self._db.execute(
            "SELECT o.prompt, o.turn, o.kind, o.reason, o.body FROM outcome o JOIN prompt p ON p.step = o.step AND p.id = o.prompt WHERE o.step = ? ORDER BY p.position", (step,)
        )
        return [_outcome(*r) for r in rows]

    def marks(self, step: str) -> list[Mark]:
        """A step's filter marks, in the order in which they were made."""
        rows = self._db.execute("SELECT prompt, filter, dropped, reason, detail FROM mark WHERE step = ? ORDER BY id", (step,))
        return [Mark(p, f, bool(d), r, t) for p, f, d, r, t in rows]

    def scores(self, step: str) -> dict[str, list[Measurement]]:
        """A step's measurements by prompt id."""
        found: dict[str, list[Measurement]] = {}
        for prompt, name, value, reason in self._db.execute("SELECT prompt, name, value, reason FROM score WHERE step = ? ORDER BY prompt, name", (step,)):
            found.setdefault(prompt, []).append(Unscored(name, reason) if value is None else Score(name, value))
        return found


def sessions_in(folder: str | Path) -> int:
    """How often a run was started in a folder; 0 where there is none."""
    if not (Path(folder) / FILE).exists():
        return 0
    with Ledger.open(folder, read_only=True) as ledger:
        return len(ledger.sessions())


def refuse_empty(folder: str | Path) -> None:
    """Raise LedgerError for a folder in which nothing can be resumed, and leave nothing in it."""
    if not (Path(folder) / FILE).exists():
        raise LedgerError(f"{folder} holds no run to resume", "pass --resume if_possible or --resume never")


_STEPS = "SELECT step.key, position, task, name, inputs, result, seconds FROM step LEFT JOIN step_closed ON step.key = step_closed.key"

_PROMPT = tuple(f.name for f in fields(Prompt))


def _step(row: tuple[Any, ...]) -> Step:
    key, position, task, name, inputs, result, seconds = row
    return Step(key, position, task, name, json.loads(inputs), json.loads(result) if result is not None else None, seconds)


def prompt_body(prompt: Prompt) -> dict[str, Any]:
    """A prompt as it is kept in JSON."""
    found = {**{name: getattr(prompt, name) for name in _PROMPT}, "attributes": dict(prompt.attributes)}
    # Most prompts show no lessons, and those of older ledgers know none.
    return found if prompt.hints else {name: value for name, value in found.items() if name != "hints"}


def prompt_of(body: Mapping[str, Any]) -> Prompt:
    """A prompt that was kept. Labels and attributes are few and prompts are many: they share their texts."""
    shared = {name: intern(str(body[name])) for name in ("task", "step", "label", "system")}
    attributes = {intern(name): intern(value) for name, value in body["attributes"].items()}
    return Prompt(**{**body, **shared, "attributes": attributes, **{name: tuple(body.get(name, ())) for name in ("examples", "keys", "rival", "hints")}})


def _answer_row(step: str, answer: Draft | Failure) -> tuple[object, ...]:
    if isinstance(answer, Failure):
        return step, answer.prompt_id, answer.turn, None, storable(answer.error), None, None, 0.0
    return step, answer.prompt_id, answer.turn, storable(answer.text), None, _counted(answer.tokens_in), _counted(answer.tokens_out), answer.seconds


def _counted(tokens: int | None) -> int | None:
    """A number of tokens that no answer can have is not known."""
    return tokens if tokens is not None and 0 <= tokens < MOST_TOKENS else None


def _score_row(step: str, prompt: str, measured: Measurement) -> tuple[object, ...]:
    if isinstance(measured, Score):
        return step, prompt, measured.name, measured.value, None
    return step, prompt, measured.name, None, measured.reason


def _outcome_row(step: str, outcome: Outcome) -> tuple[object, ...]:
    if isinstance(outcome, Sample):
        body = {"id": outcome.row.id, "fields": dict(outcome.row.fields), "label": outcome.row.label, "attributes": dict(outcome.attributes)}
        return step, outcome.prompt_id, outcome.turn, "sample", "", _dump(body)
    if isinstance(outcome, Rejection):
        return step, outcome.prompt_id, outcome.turn, "rejection", outcome.reason, _dump({"detail": outcome.detail, "raw": outcome.raw})
    return step, outcome.prompt_id, outcome.turn, "failure", outcome.error, "{}"


def _outcome(prompt: str, turn: int, kind: str, reason: str, body: str) -> Outcome:
    value = json.loads(body)
    if kind == "sample":
        return Sample(prompt, Row(value["id"], value["fields"], value["label"], "synthetic"), value["attributes"], turn)
    if kind == "rejection":
        return Rejection(prompt, reason, value["detail"], value["raw"], turn)
    return Failure(prompt, turn, reason)
