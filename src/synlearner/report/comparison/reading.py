"""From the run folders of a comparison to a `Comparison`: everything is read from the ledgers; only finished runs are compared.

Scores are those of students on whole data sets (`synthetic`): what a user of the rows gets, at the size that was asked for. R[j, j] of the
matrix is the same on fewer rows, written once more without the texts of earlier tasks in the duplicate check; where there is a matrix, the
contrasts are given on it as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synlearner.evaluate.arms import ARMS, CHOICES, ISOLATED, STREAM, Planned
from synlearner.evaluate.clusters import Gold, Runs, Terms, cell_terms, clustered, difference, mean_terms, recovered_in
from synlearner.evaluate.contrasts import Cell, Weights, average_weights, backward_weights, forgetting_weights, zero_shot_weights
from synlearner.evaluate.student import table_of
from synlearner.records import Interval as Found
from synlearner.report.comparison.curves import Traced, curves, wins
from synlearner.report.comparison.schema import ArmResult, Comparison, Contrast, RunResult, Source, TaskContrast, TaskScores
from synlearner.report.comparison.words import answer, chosen_by, details, distrust, verdict
from synlearner.report.schema import SETS, Interval, Quantity, Summary, TaskSummary
from synlearner.report.summary import answers_of, summary_of
from synlearner.seeding import derive
from synlearner.store.ledger import FILE, Ledger, Step
from synlearner.stream.specs import EvaluationSpec, RunSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Tables = dict[Gold, "NDArray[np.float64]"]
# What a run says of a quantity: its terms, or why there are none.
Said = Terms | str


@dataclass(frozen=True, slots=True)
class Measured:
    """A run that was read: its summary and, if it is finished, right and wrong by set and gold rows, and by cell."""

    planned: Planned
    summary: Summary | None
    golds: tuple[Gold, ...] = ()
    sets: Mapping[str, Tables] | None = None
    cells: Mapping[Cell, NDArray[np.float64]] | None = None
    curves: Mapping[Gold, Sequence[NDArray[np.float64]]] | None = None

    @property
    def finished(self) -> bool:
        return self.summary is not None and self.summary.state == "finished"


def compare_runs(folder: Path, run: RunSpec, planned: Sequence[Planned], same: Mapping[str, str], orders: Sequence[str]) -> Comparison:
    """What the runs under `folder/runs` say together. `same` has arms that were not run and the one that each is the same as."""
    found = [read(folder / "runs" / p.name, p) for p in planned]
    return _Reader(found, run.evaluation, run.seed).comparison(run.name, same, orders)


def read(folder: Path, planned: Planned) -> Measured:
    """One run as far as it went."""
    if not (folder / FILE).exists():
        return Measured(planned, None)
    with Ledger.open(folder, read_only=True) as ledger:
        if ledger.spec() is None:
            return Measured(planned, None)
        summary, steps = summary_of(ledger), {(s.task, s.name): s for s in ledger.steps()}
    if summary.state != "finished":
        return Measured(planned, summary)
    evaluated = {t.name: steps[t.name, "evaluate"] for t in summary.tasks}
    golds = tuple((name, str(step.inputs["gold"])) for name, step in evaluated.items())
    marks = {gold: (evaluated[gold[0]].result or {}).get("correct", {}) for gold in golds}
    sets = {name: {gold: table_of(kept[name]) for gold, kept in marks.items() if name in kept} for name in SETS}
    curves = {gold: [table_of(marks) for marks in found["correct"] if marks] for gold in golds if (found := _told(steps, gold[0], "curve"))}
    return Measured(planned, summary, golds, sets, answers_of(steps), curves)


def _told(steps: Mapping[tuple[str, str], Step], task: str, name: str) -> Mapping[str, Any]:
    return (steps[task, name].result or {}) if (task, name) in steps else {}


def traced(m: Measured) -> Traced | None:
    """A finished run in rounds whose every task has a learning curve; None for any other. A place without rows or seeds has no score, and then there is no curve."""
    rounds = [t.rounds for t in (m.summary.tasks if m.summary else ()) if t.rounds]
    tables = m.curves or {}
    if not m.finished or not tables or len(tables) < len(m.golds) or any(len(t) != len(r.points) for t, r in zip(tables.values(), rounds, strict=True)):
        return None
    return Traced(m.planned.arm, m.planned.order, m.planned.seed, tables, rounds)


@dataclass(frozen=True, slots=True)
class _Reader:
    """All runs of a comparison and how intervals are made of them."""

    runs: Sequence[Measured]
    spec: EvaluationSpec
    seed: int

    def comparison(self, name: str, same: Mapping[str, str], orders: Sequence[str]) -> Comparison:
        arms = list(dict.fromkeys(m.planned.arm for m in self.runs))
        told = [self.arm(arm, same.get(arm, "")) for arm in [*arms, *same]]
        others = [arm for arm in arms if arm != STREAM and arm not in CHOICES] if STREAM in arms else []
        lines = [t for m in self.runs if (t := traced(m))]
        drawn = curves(lines, self.quantity)
        contrasts = [self.contrast(arm, source) for arm in others for source in self.sources()]
        seeds = list(dict.fromkeys(m.planned.seed for m in self.runs))
        results = [_result(m) for m in self.runs]
        state = "finished" if all(m.finished for m in self.runs) else "unfinished"
        return Comparison(
            name=name,
            state=state,
            answer=answer(contrasts, state),
            details=[*details(contrasts, told), *chosen_by(drawn)],
            distrust=distrust(results, told, contrasts, orders, seeds),
            orders=list(orders),
            seeds=seeds,
            level=self.spec.level,
            rounds=self.spec.bootstrap,
            arms=told,
            contrasts=contrasts,
            by_task=[c for arm in others for c in self.by_task(arm)],
            runs=results,
            curves=drawn,
            wins=wins(lines),
        )

    def sources(self) -> list[Source]:
        return ["data sets"] if self.spec.matrix == "none" else ["data sets", "cells"]

    def of(self, arm: str) -> list[Measured]:
        return [m for m in self.runs if m.planned.arm == arm and m.finished]

    def pairs(self, arm: str) -> list[tuple[Measured, Measured]]:
        """Finished runs of the stream with the arm's run of the same order and seed."""
        theirs = {(m.planned.order, m.planned.seed): m for m in self.of(arm)}
        return [(m, theirs[key]) for m in self.of(STREAM) if (key := (m.planned.order, m.planned.seed)) in theirs]

    # ── arms ────────────────────────────────────────────────────────────

    def arm(self, arm: str, same: str) -> ArmResult:
        runs, isolated = self.of(arm), {(m.planned.order, m.planned.seed): m for m in self.of(ISOLATED)}
        beside = [(isolated[key], m) for m in runs if (key := (m.planned.order, m.planned.seed)) in isolated]
        tokens = [m.summary.cost.tokens_in + m.summary.cost.tokens_out for m in runs if m.summary]
        seconds = [m.summary.cost.seconds for m in runs if m.summary and m.summary.cost.seconds is not None]

        def quantity(terms: Callable[[Measured], Said], least: float = -1.0) -> Quantity:
            without = f"not run: its settings are those of {same}" if same else "no run of this arm is finished"
            return self.quantity(((m.planned.seed, terms(m)) for m in runs), without, least)

        return ArmResult(
            arm=arm,
            meaning=ARMS[arm].meaning,
            same_as=same,
            runs=len(runs),
            planned=sum(m.planned.arm == arm for m in self.runs),
            score_with_history=quantity(lambda m: scores(m, m.golds[1:]), 0.0),
            score=quantity(lambda m: scores(m, m.golds), 0.0),
            average=quantity(lambda m: of_cells(m, average_weights(len(m.golds))), 0.0),
            backward_transfer=quantity(lambda m: of_cells(m, backward_weights(len(m.golds)))),
            forgetting=quantity(lambda m: of_cells(m, forgetting_weights(_learnt(m)))),
            zero_shot_forward=quantity(lambda m: of_cells(m, zero_shot_weights(len(m.golds)))),
            intransigence=self.quantity(((m.planned.seed, minus(scores(i, i.golds), scores(m, m.golds))) for i, m in beside), "needs finished runs of this arm and of isolated"),
            pgr=self.pgr(runs),
            tokens=sum(tokens) if tokens else None,
            seconds=sum(seconds) if seconds else None,
        )

    def pgr(self, runs: Sequence[Measured]) -> Quantity:
        sets = {name: self.by_seed((m.planned.seed, scores(m, _with_real(m), name)) for m in runs) for name in ("synthetic", "seeds_only", "real")}
        if reasons := [s for s in sets.values() if isinstance(s, str)]:
            return Quantity(value=None, reason=reasons[0] if runs and any(_with_real(m) for m in runs) else "no task of a finished run has as many real rows as synthetic ones")
        synthetic, seeds_only, real = (s for s in sets.values() if not isinstance(s, str))
        value, interval = recovered_in(synthetic, seeds_only, real, seed=self.drawn, rounds=self.spec.bootstrap, level=self.spec.level)
        if value is None:
            return Quantity(value=None, reason="real rows are not better than the seeds")
        return Quantity(value=value, reason="", interval=_interval(interval), remark="" if interval else "no interval: real rows are not clearly better than the seeds")

    # ── contrasts ───────────────────────────────────────────────────────

    def contrast(self, arm: str, source: Source) -> Contrast:
        pairs = self.pairs(arm)
        terms = ((a.planned.seed, minus(self.own(a, source), self.own(b, source))) for a, b in pairs)
        value = self.quantity(terms, "no pair of runs is finished")
        planned = sum(m.planned.arm == STREAM for m in self.runs)
        return Contrast(against=arm, source=source, value=value, verdict=verdict(value), pairs=len(pairs), planned=planned)

    def own(self, m: Measured, source: Source) -> Said:
        """Mean score on the tasks with a history, each just after it was learnt."""
        if source == "data sets":
            return scores(m, m.golds[1:])
        n = len(m.golds)
        return of_cells(m, {(j, j): 1 / (n - 1) for j in range(1, n)} if n > 1 else {})

    def by_task(self, arm: str) -> list[TaskContrast]:
        pairs = self.pairs(arm)
        places = {(a.planned.order, gold[0]): i for a, _ in pairs for i, gold in enumerate(a.golds)}
        return [
            TaskContrast(
                against=arm,
                task=task,
                order=order,
                position=place + 1,
                value=self.quantity(
                    ((a.planned.seed, minus(scores(a, [a.golds[place]]), scores(b, [b.golds[place]]))) for a, b in pairs if a.planned.order == order), "no pair of runs is finished"
                ),
            )
            for (order, task), place in places.items()
        ]

    # ── from runs to numbers ────────────────────────────────────────────

    @property
    def drawn(self) -> int:
        return derive(self.seed, "comparison")

    def by_seed(self, said: Iterable[tuple[int, Said]]) -> Runs | str:
        """Terms by seed; the first reason where a run has none, as a mean over the other runs would answer another question."""
        found: dict[int, list[Terms]] = {}
        for seed, terms in said:
            if isinstance(terms, str):
                return terms
            found.setdefault(seed, []).append(terms)
        return found

    def quantity(self, said: Iterable[tuple[int, Said]], without: str, least: float = -1.0) -> Quantity:
        runs = self.by_seed(said)
        if isinstance(runs, str) or not runs:
            return Quantity(value=None, reason=runs if isinstance(runs, str) else without)
        found = clustered(runs, seed=self.drawn, rounds=self.spec.bootstrap, level=self.spec.level, least=least)
        assert found is not None
        return Quantity(value=found.mean, reason="", interval=_interval(found))


def scores(m: Measured, golds: Sequence[Gold], name: str = "synthetic") -> Said:
    """Terms of the mean score on a set over some of a run's tasks, or why there are none."""
    if not golds:
        return "needs at least 2 tasks" if name == "synthetic" else "no real rows"
    tables = (m.sets or {}).get(name, {})
    absent = [gold[0] for gold in golds if gold not in tables]
    return f"not measured: {', '.join(absent)} in {m.planned.name}" if absent else mean_terms({gold: tables[gold] for gold in golds})


def of_cells(m: Measured, weights: Weights) -> Said:
    """Terms of a weighted sum of a run's cells, or why there are none."""
    if len(m.golds) < 2:
        return "needs at least 2 tasks"
    absent = [f"R[{i}, {j}]" for i, j in weights if (i, j) not in (m.cells or {})]
    if absent or not weights:
        return f"not measured: {', '.join(absent[:3]) or 'the matrix'} in {m.planned.name}"
    return cell_terms(weights, m.cells or {}, m.golds) or "not measured"


def minus(first: Said, second: Said) -> Said:
    """Terms of a difference, or why there are none."""
    if isinstance(first, str) or isinstance(second, str):
        return first if isinstance(first, str) else second
    return difference(first, second) or "the two runs were not asked about the same gold rows"


def _learnt(m: Measured) -> list[list[float | None]]:
    n, cells = len(m.golds), m.cells or {}
    return [[float(cells[i, j].mean()) if (i, j) in cells else None for j in range(n)] for i in range(n)]


def _with_real(m: Measured) -> list[Gold]:
    """Gold sets of the tasks whose gap recovered was measured: those with as many real rows as synthetic ones."""
    have = {t.name for t in (m.summary.tasks if m.summary else ()) if t.scores and t.scores.real and not any("differ in size" in n for n in t.notes)}
    return [gold for gold in m.golds if gold[0] in have]


def _interval(found: Found | None) -> Interval | None:
    return Interval(mean=found.mean, low=found.low, high=found.high, level=found.level, n=found.n) if found else None


def _result(m: Measured) -> RunResult:
    s, p = m.summary, m.planned
    diagonal = {i: row.cells[row.i] for i, row in enumerate(r for r in s.matrix.rows if r.i >= 0)} if s else {}
    return RunResult(
        arm=p.arm,
        order=p.order,
        seed=p.seed,
        folder=f"runs/{p.name}",
        state=s.state if s else "waiting",
        missing=s.missing if s else ["not begun"],
        tasks=[_task(t, i, found.mean if (found := diagonal.get(i)) else None) for i, t in enumerate(s.tasks)] if s else [],
        transfer=s.transfer if s else None,
        tokens=s.cost.tokens_in + s.cost.tokens_out if s else None,
        seconds=s.cost.seconds if s else None,
    )


def _task(t: TaskSummary, i: int, cell: float | None) -> TaskScores:
    means = {name: found.mean if t.scores and (found := getattr(t.scores, name)) else None for name in SETS}
    return TaskScores(task=t.name, position=i + 1, rows=t.dataset.rows if t.dataset else None, gold=t.gold, **means, pgr=t.pgr, cell=cell)
