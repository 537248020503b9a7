"""Closed rounds: the student says which rows it needs, the generator writes around them, the student learns what was kept, and again.

Comes in: a task, its filters, the generator as it is after learning. Goes out: a `Dataset`, that of the round with the best development score. That
score is a cross-validation on the seed rows, never anything of gold. Every choice, every score and the end with its reason are steps of the ledger, keyed by content: a
killed run chooses and writes the same rows.

A row stems from the seed rows that its prompt showed, and from what those of them that were written stem from. The student of a fold of the seed rows learns from no row that
stems from the fold; it gives the development score, and it scores the fold and what stems from it, so that no student is asked about what it learnt. Rows of the task's pool
teach nobody: they are candidates and, where they are chosen, examples. One without a label is shown without it, and around it a row of the label is asked for that the student
finds likeliest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from synlearner.feedback.acquisition import Means, labelled
from synlearner.feedback.filters import Filters
from synlearner.feedback.selection import Choice
from synlearner.generate.plans import shares
from synlearner.learn.choosing import ALL, OWN, STATIC, AskedFor, choose, criterion_of, quotas_of
from synlearner.learn.desk import Desk, once
from synlearner.learn.difficulty import ByJudges
from synlearner.learn.finetune import finetune, lessons_of
from synlearner.learn.recorded import RecordedPrompts
from synlearner.learn.writing import Around, Dataset, joined, write_rows
from synlearner.protocols import Acquisition, Learner, Picking, Tuner
from synlearner.records import Adapter, Lesson, Row
from synlearner.seeding import derive, rng
from synlearner.stream.specs import JUDGE
from synlearner.stream.tasks import Task

if TYPE_CHECKING:
    from synlearner.stream.specs import RoundsSpec, RunSpec

# Part of every step's key: raise it when a change makes rounds choose other rows from the same inputs.
METHOD = 1
# A label that a student has never seen has no probability; its row's loss is that of this share.
LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Told:
    """What is known after a round: rows kept so far, the development score (None without seed rows), its tie-breaking loss, and what the rounds took."""

    rows: int
    score: float | None
    loss: float | None
    tokens: int
    seconds: float


def write_in_rounds(desk: Desk, task: Task, *, filters: Filters, adapter: Adapter | None, past: Mapping[str, Sequence[Lesson]]) -> Dataset:
    """The task's data set, written in rounds. `adapter` is what the generator has on, `past` what a tuning between rounds replays.

    Raises `Interrupted` where the run's budget ends; what is written stays in the ledger, and the same run continues there.
    """
    spec, total = desk.run.rounds, desk.run.synthesis.rows
    data = Dataset((), RecordedPrompts(desk.ledger), {}, {}, (), 0)
    students = students_of(desk, task, data)
    told = [judged(students, data, 0)]
    while not (ended := why_ended(spec, told, total)):
        number = len(told)
        rows = rows_of(spec, total, number, len(data.samples))
        chosen, asked_for = chosen_for(students, data, number, min(spec.around, rows))
        quota = quota_of(task, spec, chosen, rows, seed=derive(desk.run.seed, task.name, "rounds", number), asked_for=asked_for)
        if spec.tune and number > 1:
            tuned(desk, task, data, past, start=adapter, number=number)
        more = write_rows(desk, task, quota, step=f"synthesis.{number}", generator=desk.generator, filters=filters, around=by_label(task, chosen, asked_for))
        data = replace(joined(data, more), ends=(*data.ends, len(data.samples) + len(more.samples)))
        students = students_of(desk, task, data)
        told.append(judged(students, data, number))
    return settled(desk, task, data, told, ended)


# ── how many, and until when ────────────────────────────────────────────


def rows_of(spec: RoundsSpec, total: int, number: int, have: int) -> int:
    """How many rows round `number` (from 1) is to write: never more than are left of `total`."""
    if spec.by == STATIC:
        return total
    left = total - have
    return min(left, spec.rows or -(-left // (spec.rounds - number + 1)))


def sizes_of(run: RunSpec, data: Dataset) -> list[int]:
    """Where the learning curve is measured, in rows: before the first round and after each; where everything was written at once, after as many rows as rounds would have had."""
    have = len(data.samples) + len(data.rest)
    if run.rounds.by != STATIC:
        return [0, *data.ends]
    each = run.rounds.rows or -(-run.synthesis.rows // run.rounds.rounds)
    return [*range(0, have, each), have]


def why_ended(spec: RoundsSpec, told: Sequence[Told], total: int) -> str:
    """Why there is no further round, in words; empty where there is one. `told[0]` is before the first round."""
    last, done = told[-1], len(told) - 1
    since = done - max(range(len(told)), key=lambda i: _rank(told[i], i))
    reasons = {
        f"all {total} rows are written": last.rows >= total,
        f"all {done} rounds are done": done >= (1 if spec.by == STATIC else spec.rounds),
        "the last round kept no row": bool(done) and last.rows == told[-2].rows,
        f"{last.tokens:,} of {spec.tokens or 0:,} tokens are spent": spec.tokens is not None and last.tokens >= spec.tokens,
        f"{last.seconds:,.0f} of {spec.seconds or 0:,.0f} seconds are spent": spec.seconds is not None and last.seconds >= spec.seconds,
        f"{since} rounds brought no better development score": bool(spec.plateau) and last.score is not None and since >= spec.plateau,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _rank(told: Told, number: int) -> tuple[float, float, int]:
    """For finding the best round: score, then loss; of equal ones the later, which has more rows."""
    return (-1.0 if told.score is None else told.score, -(told.loss or 0.0), number)


def quota_of(task: Task, spec: RoundsSpec, chosen: Sequence[Row], rows: int, *, seed: int, asked_for: AskedFor = OWN) -> dict[str, int]:
    """Rows of each label: equally many, or as the labels of the chosen rows are."""
    if spec.balanced or not chosen or not task.kind.closed:
        return {label: n for label, n in shares(task, rows, seed=seed).items() if n}
    labels = [asked_for.get(row.id, row.label) for row in chosen]
    return dict(Counter(labels[i % len(labels)] for i in range(rows)))


def by_label(task: Task, chosen: Sequence[Row], asked_for: AskedFor = OWN) -> Around:
    """The chosen rows by the labels that are asked for around them; for kinds without labels all under the empty one."""
    found: dict[str, list[Row]] = {}
    for row in chosen:
        found.setdefault(asked_for.get(row.id, row.label) if task.kind.closed else "", []).append(row)
    return found


# ── choosing ────────────────────────────────────────────────────────────


def chosen_for(students: Students, data: Dataset, number: int, n: int) -> tuple[list[Row], AskedFor]:
    """About `n` rows that a round is written around, the most wanted first, and what is asked for around those without a label; none where everything is written at
    once, or there is nothing to choose from.
    """
    desk, task, spec = students.desk, students.task, students.desk.run.rounds
    candidates = candidates_of(task, spec, data, n)
    if spec.by == STATIC or not candidates:
        return [], OWN
    criterion = function_for(desk, task, students.rows)
    settings = spec.model_dump(mode="json", include={"by", "pick", "random", "candidates", "balanced", "folds"})
    inputs = {"method": METHOD, "task": task.key, "student": _student(desk, task), "criterion": criterion.identity, "n": n, "settings": settings, **_until(data, number)}

    def made() -> dict[str, Any]:
        likely = likely_labels(students, candidates)
        quotas = quotas_of(task, candidates, n, balanced=spec.balanced, seed=derive(desk.run.seed, task.name, "rounds", "shares", number), asked_for=likely)
        seed = derive(desk.run.seed, task.name, "rounds", "choice", number)
        choice = choose(criterion, candidates, students.asked, quotas, pick=spec.pick, random=spec.random, seed=seed, asked_for=likely)
        return _told(choice, candidates, spec.by, number, likely)

    found = once(desk, task.name, f"choose.{number}", inputs, made)
    by_id = {row.id: row for row in candidates}
    chosen = [by_id[c["id"]] for c in found["chosen"]]
    asked_for = {c["id"]: c["asked_for"] for c in found["chosen"] if "asked_for" in c}
    return sorted(chosen, key=lambda row: used[row.id]) if spec.by == ALL and (used := _used(data)) else chosen, asked_for


def candidates_of(task: Task, spec: RoundsSpec, data: Dataset, n: int) -> list[Row]:
    """What can be chosen. A row of the pool is written around once, as long as the pool has `n` others."""
    used = _used(data)
    fresh = [row for row in task.pool if row.id not in used]
    pool = fresh if len(fresh) >= n else task.pool
    return {"seeds": [*task.seeds], "pool": [*pool], "all": [*task.seeds, *pool, *_rows(data)]}[spec.candidates]


def likely_labels(students: Students, rows: Sequence[Row]) -> AskedFor:
    """For rows without a label what is asked for around them: the label that the student finds likeliest, or each in turn where no student gives any."""
    labels, unlabelled = students.task.labels, [row for row in rows if not row.label]
    if not unlabelled or not students.task.kind.closed:
        return OWN
    student = students.main
    if student is None:
        return {row.id: labels[i % len(labels)] for i, row in enumerate(unlabelled)}
    known = labelled(student)
    return {row.id: known.labels[place] for row, place in zip(unlabelled, known.proba(unlabelled).argmax(axis=1), strict=True)}


def _used(data: Dataset) -> Counter[str]:
    """How many prompts were written around each row."""
    return Counter(p.examples[-1] for p in data.prompts.values() if p.examples)


def function_for(desk: Desk, task: Task, there: Sequence[Row] = ()) -> Acquisition:
    """The function that the settings name. One that chooses sets adds to what is `there` where only the pool is chosen from; otherwise the candidates are what is there
    already, and it has no rows to begin with.
    """
    if desk.run.rounds.by == JUDGE:
        return ByJudges(desk, task)
    means = Means(desk.embedder, task.seeds, task.seeds, derive(desk.run.seed, task.name, "rounds"), match=task.kind.match)
    made = criterion_of(desk.run.rounds.by, means)
    begin = there if desk.run.rounds.candidates == "pool" else ()
    return criterion_of(desk.run.rounds.by, replace(means, seeds=begin)) if isinstance(made, Picking) else made


def _told(choice: Choice, candidates: Sequence[Row], by: str, number: int, likely: AskedFor) -> dict[str, Any]:
    """A choice as it is recorded: every row with its text, its score, how it was taken, and what is asked for around it where it has no label."""
    chosen = []
    for c in choice.chosen:
        row = candidates[c.place]
        asked_for = {"asked_for": likely[row.id]} if row.id in likely else {}
        chosen.append({**asdict(c), "label": row.label, "origin": row.origin, "fields": dict(row.fields), **asked_for})
    return {"round": number, "by": by, "wanted": choice.wanted, "candidates": choice.candidates, "scored": choice.scored, "unscored": dict(choice.unscored), "chosen": chosen}


def _until(data: Dataset, number: int) -> dict[str, Any]:
    return {"round": number, "steps": list(data.steps)}


def _rows(data: Dataset) -> list[Row]:
    return [s.row for s in data.samples]


def _student(desk: Desk, task: Task) -> str:
    return desk.students[task.kind.name].identity


# ── students that are asked, and the development score ──────────────────


def fold_of(task: Task, folds: int, seed: int) -> dict[str, int]:
    """The fold of each seed row; every label is in as many folds as it has rows."""
    found: dict[str, int] = {}
    for label in task.labels or ("",):
        rows = [r for r in task.seeds if not task.kind.closed or r.label == label]
        order = rng(seed, task.name, "folds", label).sample(rows, len(rows))
        found |= {row.id: (len(found) + i) % folds for i, row in enumerate(order)}
    return found


def lineage(task: Task, data: Dataset, folds: int, seed: int) -> dict[str, frozenset[int]]:
    """For each row, seed or written, the folds of the seed rows that it stems from."""
    found = {row: frozenset([fold]) for row, fold in fold_of(task, folds, seed).items()}
    for sample in data.samples:
        shown = data.prompts[sample.prompt_id].examples
        found[sample.row.id] = frozenset().union(*(found.get(row, frozenset()) for row in shown))
    return found


def students_of(desk: Desk, task: Task, data: Dataset) -> Students:
    """The students of what there is after some rounds."""
    return Students(desk, task, _rows(data), lineage(task, data, desk.run.rounds.folds, desk.run.seed))


@dataclass(frozen=True)
class Students:
    """The students of a round: one of all rows, and for each fold of the seed rows one that has learnt from nothing that stems from it."""

    desk: Desk
    task: Task
    written: Sequence[Row]
    stems: Mapping[str, frozenset[int]]

    @property
    def rows(self) -> list[Row]:
        """Seeds and written rows."""
        return [*self.task.seeds, *self.written]

    @cached_property
    def main(self) -> Learner | None:
        """The student of all rows."""
        return self._fitted(self.rows)

    @cached_property
    def folds(self) -> dict[int, tuple[Learner | None, int]]:
        """By fold its student, and how many rows that learnt from."""
        numbers = sorted({fold for row in self.task.seeds for fold in self.stems[row.id]})
        without = {fold: [r for r in self.rows if fold not in self.stems[r.id]] for fold in numbers}
        return {fold: (self._fitted(rows), len(rows)) for fold, rows in without.items()}

    def asked(self, rows: Sequence[Row], together: bool) -> list[tuple[Learner | None, list[int]]]:
        """Who is asked about which of the rows: all rows `together` the student of everything, otherwise each row one that did not learn it."""
        groups: dict[int, list[int]] = {}
        for place, row in enumerate(rows):
            groups.setdefault(-1 if together else min(self.stems.get(row.id, frozenset()), default=-1), []).append(place)
        return [(self.main if fold < 0 else self.folds[fold][0], places) for fold, places in groups.items()]

    def _fitted(self, rows: Sequence[Row]) -> Learner | None:
        if not rows:
            return None
        seed = derive(self.desk.run.seed, self.task.name, "rounds", "student")
        return self.desk.students[self.task.kind.name].fit(rows, labels=self.task.labels, seed=seed)


def judged(students: Students, data: Dataset, number: int) -> Told:
    """The development score after a round, from the ledger or measured and recorded, with what the rounds took so far."""
    desk, task, spec = students.desk, students.task, students.desk.run.rounds
    inputs = {"method": METHOD, "task": task.key, "student": _student(desk, task), "folds": spec.folds, "seed": desk.run.seed, **_until(data, number)}

    def made() -> dict[str, Any]:
        tokens = [desk.ledger.tokens_of(step) for step in data.steps]
        took = {"tokens_in": sum(t["in"] for t in tokens), "tokens_out": sum(t["out"] for t in tokens), "seconds": sum(desk.ledger.step(s).seconds or 0.0 for s in data.steps)}
        dev = crossed(task, students) if task.seeds and spec.by != STATIC else None
        return {"round": number, "rows": len(data.samples), "wanted": data.wanted, **took, "spent": spent(desk), "dev": dev}

    found = once(desk, task.name, f"round.{number}", inputs, made)
    dev = found["dev"] or {"score": None, "loss": None}
    return Told(found["rows"], dev["score"], dev["loss"], found["tokens_in"] + found["tokens_out"], found["seconds"])


def spent(desk: Desk) -> dict[str, Any] | None:
    """What the run has paid by now, for what lies between two rounds: requests on the wire, those whose price is unknown, and the money for the others. None without a purse."""
    if desk.purse is None:
        return None
    now = desk.purse.snapshot()
    return {"requests": now.requests, "unpriced": now.unpriced, "money": str(now.money), "currency": desk.purse.prices.currency}


def crossed(task: Task, students: Students) -> dict[str, Any]:
    """The share of seed rows that the student of their fold gets right, the mean loss (None without labels), and how many rows those students learnt from on average."""
    right: list[bool] = []
    losses: list[float] = []
    sizes: list[int] = []
    for fold, (student, size) in students.folds.items():
        rows = [r for r in task.seeds if fold in students.stems[r.id]]
        marks, lost = _asked(task, student, rows)
        right, losses, sizes = [*right, *marks], [*losses, *lost], [*sizes, size]
    return {
        "score": sum(right) / len(right),
        "loss": sum(losses) / len(losses) if losses else None,
        "rows": len(right),
        "trained_on": sum(sizes) / len(sizes),
        "correct": ["".join("1" if r else "0" for r in right)],
    }


def _asked(task: Task, student: Any, rows: Sequence[Row]) -> tuple[list[bool], list[float]]:
    """Right or wrong for each row, and for labels its loss. Nobody to ask is wrong."""
    import numpy as np

    if student is None:
        return [False] * len(rows), []
    if not task.kind.closed:
        given = student.answer([replace(r, label="") for r in rows])
        return [task.kind.match(answer, row.label) for answer, row in zip(given, rows, strict=True)], []
    table = student.proba(rows)
    wanted = [student.labels.index(r.label) for r in rows]
    own = np.maximum(table[np.arange(len(rows)), wanted], LEAST)
    return [bool(x) for x in table.argmax(axis=1) == np.array(wanted)], [float(x) for x in -np.log(own)]


# ── between rounds, and the end ─────────────────────────────────────────


def tuned(desk: Desk, task: Task, data: Dataset, past: Mapping[str, Sequence[Lesson]], *, start: Adapter | None, number: int) -> None:
    """Put on what the generator becomes by learning all rows so far, from where the task began; an endpoint stays as it is."""
    if isinstance(desk.generator, Tuner) and data.samples:
        desk.generator.use(start)
        desk.generator.use(finetune(desk, task, lessons_of(task, data.samples, data.prompts), past, start=start, name=f"tune.{number}"))


def settled(desk: Desk, task: Task, data: Dataset, told: Sequence[Told], ended: str) -> Dataset:
    """The data set of the best round, recorded with why the rounds ended. What later rounds kept is its `rest`."""
    best = best_of(told)
    why = _why(told, best)
    inputs = {"method": METHOD, "steps": list(data.steps), "settings": desk.run.rounds.model_dump(mode="json"), "rows": desk.run.synthesis.rows}
    once(desk, task.name, "rounds", inputs, lambda: {"by": desk.run.rounds.by, "done": len(told) - 1, "ended": ended, "best": best, "why": why, "rows": told[best].rows})
    desk.progress.say(f"{task.name}: {ended}; {why}")
    if best == len(told) - 1:
        return data
    stay = told[best].rows
    return replace(data, samples=data.samples[:stay], rest=data.samples[stay:], wanted=stay)


def best_of(told: Sequence[Told]) -> int:
    """The round whose rows are the data set: of those that have rows the best development score, of equal ones the last; without scores the last of all."""
    scored = [(t.score, i) for i, t in enumerate(told) if t.rows and t.score is not None]
    return max(scored)[1] if scored else len(told) - 1


def _why(told: Sequence[Told], best: int) -> str:
    score = told[best].score
    if score is None:
        return f"the data set is that of all {told[best].rows} rows, as no development score was measured"
    rest = told[-1].rows - told[best].rows
    left = f"; {rest} rows of later rounds are left out" if rest else ""
    return f"the data set is that of round {best} with {told[best].rows} rows, whose development score of {100 * score:.1f} % is the best{left}"
