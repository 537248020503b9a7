"""From a run folder to a `Summary`: everything is read from the ledger, so that an interrupted run is reported as far as it went.

Where a step of one name was begun twice (a newer version of the code has another key for it), the later one counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synlearner.errors import LedgerError
from synlearner.evaluate.continual import average, backward_transfer, forgetting, zero_shot_forward
from synlearner.evaluate.contrasts import Cell, Weights, average_weights, backward_weights, contrast, forgetting_weights, zero_shot_weights
from synlearner.evaluate.judges import Known
from synlearner.evaluate.student import table_of
from synlearner.report.feedback import feedback_of
from synlearner.report.judging import is_judging, judging_of, said_by_people
from synlearner.report.recalled import kept_back_in, memory_file, remembered_of
from synlearner.report.rounds import rounds_of
from synlearner.report.schema import (
    SETS,
    Cost,
    Counts,
    Dataset,
    Feedback,
    Finetune,
    Interval,
    Matrix,
    MatrixRow,
    OpenStep,
    Quantity,
    Recheck,
    Reinforce,
    Score,
    Scores,
    Session,
    Standing,
    Summary,
    TaskSummary,
    Transfer,
    Verifier,
    WarmStart,
)
from synlearner.report.spending import spending_of
from synlearner.seeding import derive
from synlearner.store.files import write_text
from synlearner.store.ledger import Ledger, Step

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FILE = "summary.json"
NO_INTERVAL = "no interval: the run did not record which gold rows were right"
_CELL = re.compile(r"cell\.(-?\d+)\.(\d+)(\.\d+)?")
Steps = Mapping[str, Step]
# Steps that every task has before the first one begins.
BEFOREHAND = ("fingerprint",)
NO_ANSWERS: Mapping[Cell, NDArray[np.float64]] = {}


def summarise(folder: str | Path) -> Summary:
    """What the ledger in `folder` says. Raises LedgerError where there is no run."""
    with Ledger.open(folder, read_only=True) as ledger:
        return summary_of(ledger)


def write_summary(folder: str | Path) -> Summary:
    """Summarise, and write `summary.json` into the folder as a whole."""
    summary = summarise(folder)
    write_text(Path(folder) / FILE, summary.model_dump_json(indent=2) + "\n")
    return summary


def summary_of(ledger: Ledger, feedback: Feedback | None = None, kept_back: Sequence[Standing] | None = None) -> Summary:
    """The summary of an open ledger; `feedback`, and lessons that lie in quarantine, where they are known already."""
    spec = ledger.spec()
    if spec is None:
        raise LedgerError(f"{ledger.folder} holds no run", "name a folder that `synlearner run` has written")
    steps = {(s.task, s.name): s for s in ledger.steps()}
    people = said_by_people(ledger) if any(is_judging(name) for _, name in steps) else {}
    tasks = [_task(t, {name: s for (task, name), s in steps.items() if task == t["name"]}, people) for t in spec["tasks"]]
    cells = _cells(steps)
    matrix = _matrix([t.name for t in tasks], cells, steps)
    evaluation = spec["run"].get("evaluation", {})
    opened = [_open(ledger, s) for s in steps.values() if s.result is None]
    missing = _missing(spec["run"], tasks, set(cells), opened)
    settings = ledger.settings()
    return Summary(
        name=spec["run"].get("name", "run"),
        seed=spec["run"].get("seed"),
        state="unfinished" if missing else "finished",
        missing=missing,
        open_steps=opened,
        budget=_budget(ledger) if missing else "",
        tasks=tasks,
        matrix=matrix,
        transfer=transfer(matrix, answers_of(steps), seed=spec["run"].get("seed") or 0, rounds=evaluation.get("bootstrap", 1000), level=evaluation.get("level", 0.95)),
        feedback=feedback or feedback_of(ledger.folder, spec["run"]),
        memory=remembered_of(steps, settings, kept_back_in(memory_file(ledger.folder, settings)) if kept_back is None else kept_back),
        cost=_cost(ledger),
        spending=spending_of(ledger, tasks),
        sessions=[Session(**s) for s in ledger.sessions()],
        settings=settings,
    )


# ── tasks ───────────────────────────────────────────────────────────────


def _task(spec: Mapping[str, Any], steps: Steps, people: Mapping[str, Sequence[Known]]) -> TaskSummary:
    scored = _result(steps, "evaluate")
    scores = scored.get("scores")
    dataset = _result(steps, "dataset")
    own = [s for s in steps.values() if not _CELL.fullmatch(s.name)]
    begun = any(s.name not in BEFOREHAND and not s.name.startswith("memory.cell.") for s in own)
    return TaskSummary(
        **{k: spec.get(k, "") for k in ("name", "kind", "student", "language", "licence")},
        **{k: spec.get(k, 0) for k in ("seeds", "gold", "real", "pool")},
        labels=list(spec.get("labels", ())),
        state="finished" if scored and dataset else "unfinished" if begun else "waiting",
        warm_start=WarmStart(**started) if (started := _result(steps, "warm_start")) else None,
        probe=counts_of([s for s in own if s.name.startswith("start.")]),
        explore=counts_of(_writing(steps, "explore")),
        finetune=_finetune(steps),
        reinforce=_reinforce(steps),
        synthesis=counts_of(_writing(steps, "synthesis")),
        rounds=rounds_of(steps),
        dataset=Dataset(**{k: dataset[k] for k in Dataset.model_fields if k in dataset}) if dataset else None,
        recheck=Recheck(**compared) if (compared := _result(steps, "recheck")) else None,
        scores=Scores(**{k: _score(scores.get(k)) for k in SETS}) if scores else None,
        gain=_interval(scored.get("gain")),
        pgr=scored.get("pgr"),
        pgr_interval=_interval(scored.get("pgr_interval")),
        verifier=_verifier(scored.get("verifier")),
        judging=judging_of(steps, people.get(spec["name"], ())),
        notes=list(scored.get("notes", ())),
        # Judges are asked inside other steps, which count their time.
        seconds=sum(s.seconds or 0.0 for s in own if not is_judging(s.name)),
    )


def _result(steps: Steps, name: str) -> Mapping[str, Any]:
    return (steps[name].result or {}) if name in steps else {}


def _writing(steps: Steps, stem: str) -> list[Step]:
    """The rounds of a writing step, in their order."""
    return [s for name, s in steps.items() if re.fullmatch(rf"{re.escape(stem)}(\.\d+)*", name)]


def counts_of(steps: Iterable[Step]) -> Counts | None:
    """Finished writing steps added up; None where there is none."""
    done = [(s, s.result) for s in steps if s.result is not None]
    if not done:
        return None
    results = [r for _, r in done]
    rejected, unscored = (sum((Counter(r.get(name, {})) for r in results), Counter()) for name in ("rejected", "unscored"))
    return Counts(
        steps=len(done),
        **{k: sum(r[k] for r in results) for k in ("planned", "kept", "failed")},
        rejected=dict(rejected.most_common()),
        unscored=dict(unscored.most_common()),
        corrected=sum(r.get("corrected", 0) for r in results),
        tokens_in=sum(r.get("tokens", {}).get("in", 0) for r in results),
        tokens_out=sum(r.get("tokens", {}).get("out", 0) for r in results),
        seconds=sum(s.seconds or 0.0 for s, _ in done),
        pair_coverage=results[0].get("pair_coverage"),
    )


def _finetune(steps: Steps) -> Finetune | None:
    # The joint control learns once, and its first task says so.
    step = "finetune" if "finetune" in steps else "joint"
    found = _result(steps, step)
    if not found:
        return None
    kept = ("skipped", "adapter", "lessons", "replayed", "loss_first", "loss_last")
    return Finetune(**{k: found[k] for k in kept}, seconds=steps[step].seconds or 0.0)


def _reinforce(steps: Steps) -> Reinforce | None:
    found, decided = _result(steps, "reinforce"), _result(steps, "adopt")
    if not found:
        return None
    seconds = sum(steps[name].seconds or 0.0 for name in ("reinforce", "best-of", "prefer") if name in steps)
    judged = {k: decided[k] for k in ("before", "after", "difference", "standard_error", "adopted", "rewards")} | {"why": decided.get("why", "")} if decided else {}
    return Reinforce(**{k: found[k] for k in ("method", "steps", "ended", "alarm", "curve")}, tokens_out=found["tokens"]["out"], seconds=seconds, **judged)


def _verifier(found: Mapping[str, Any] | None) -> Verifier | None:
    return Verifier(accuracy=found.get("accuracy"), trusted=found.get("trusted"), reason=found.get("reason", "")) if found else None


def _interval(found: Mapping[str, Any] | None) -> Interval | None:
    return Interval(**{k: found[k] for k in Interval.model_fields}) if found else None


def _score(found: Mapping[str, Any] | None) -> Score | None:
    return Score(**{k: found.get(k) if k == "macro_f1" else found[k] for k in Score.model_fields}) if found else None


# ── the matrix ──────────────────────────────────────────────────────────


def _cells(steps: Mapping[tuple[str, str], Step]) -> dict[Cell, Score | None]:
    """Finished cells; None where a cell was tried and no row could be written for it."""
    return {cell: _score(result["score"]) for cell, result in _cell_results(steps).items()}


def answers_of(steps: Mapping[tuple[str, str], Step]) -> dict[Cell, NDArray[np.float64]]:
    """Right and wrong by student and gold row, for the finished cells that recorded it."""
    return {cell: table_of(result["correct"]) for cell, result in _cell_results(steps).items() if result.get("correct")}


def _cell_results(steps: Mapping[tuple[str, str], Step]) -> dict[Cell, Mapping[str, Any]]:
    found = [(m, s.result) for (_, name), s in steps.items() if (m := _CELL.fullmatch(name)) and not m[3] and s.result is not None]
    return {(int(m[1]), int(m[2])): result for m, result in found}


def _matrix(tasks: Sequence[str], cells: Mapping[tuple[int, int], Score | None], steps: Mapping[tuple[str, str], Step]) -> Matrix:
    writing = [s for (_, name), s in steps.items() if (m := _CELL.fullmatch(name)) and m[3]]
    shown = range(min(i for i, _ in cells), len(tasks)) if cells else ()
    rows = [MatrixRow(after=f"after {tasks[i]}" if i >= 0 else "before", i=i, cells=[cells.get((i, j)) for j in range(len(tasks))]) for i in shown]
    return Matrix(tasks=list(tasks), rows=rows, counts=counts_of(writing))


def transfer(matrix: Matrix, answers: Mapping[Cell, NDArray[np.float64]] = NO_ANSWERS, *, seed: int = 0, rounds: int = 1000, level: float = 0.95) -> Transfer:
    """The transfer numbers with their intervals, or with the cells that were not measured or whose answers were not recorded."""
    n = len(matrix.tasks)
    means = {row.i: [c.mean if c else None for c in row.cells] for row in matrix.rows}
    nothing: list[float | None] = [None] * n
    learnt = [means.get(i, nothing) for i in range(n)]
    before = means.get(-1, nothing)
    last = [(n - 1, j) for j in range(n)]
    own = [(j, j) for j in range(n - 1)]
    ahead = [c for j in range(1, n) for c in ((j - 1, j), (-1, j))]

    def quantity(value: float | None, weights: Weights, needs: Sequence[Cell], least: int) -> Quantity:
        if value is None:
            return Quantity(value=None, reason=_why(matrix, means, needs, least))
        found = contrast(weights, answers, seed=derive(seed, "transfer"), rounds=rounds, level=level)
        interval = Interval(mean=value, low=found.low, high=found.high, level=level, n=found.n) if found else None
        return Quantity(value=value, reason="", interval=interval, remark="" if interval else NO_INTERVAL)

    return Transfer(
        average=quantity(average(learnt), average_weights(n), last, 1),
        backward_transfer=quantity(backward_transfer(learnt), backward_weights(n), [*last[:-1], *own], 2),
        forgetting=quantity(forgetting(learnt), forgetting_weights(learnt), [*last[:-1], *own], 2),
        zero_shot_forward=quantity(zero_shot_forward(learnt, before), zero_shot_weights(n), ahead, 2),
    )


def _why(matrix: Matrix, means: Mapping[int, Sequence[float | None]], needs: Sequence[tuple[int, int]], least: int) -> str:
    if len(matrix.tasks) < least:
        return f"needs at least {least} tasks"
    if not matrix.rows:
        return "no cell of the matrix was measured"
    absent = [(i, j) for i, j in needs if i not in means or means[i][j] is None]
    named = [f"{matrix.tasks[j]} {'after ' + matrix.tasks[i] if i >= 0 else 'before the stream'}" for i, j in absent]
    return f"not measured: {', '.join(named[:3])}{f' and {len(named) - 3} more' if len(named) > 3 else ''}"


def planned_cells(matrix: str, n: int) -> set[tuple[int, int]]:
    """The cells that a run measures, by its setting `evaluation.matrix`; row -1 is before the stream."""
    first = [(-1, j) for j in range(n)] if matrix in ("upper-one", "full") else []
    last = {"lower": range(n), "upper-one": [min(i + 1, n - 1) for i in range(n)], "full": [n - 1] * n}.get(matrix, ())
    return {*first, *((i, j) for i, end in enumerate(last) for j in range(end + 1))}


# ── the run ─────────────────────────────────────────────────────────────


def _open(ledger: Ledger, step: Step) -> OpenStep:
    return OpenStep(task=step.task, name=step.name, prompts=len(ledger.prompts(step.key)), answered=len(ledger.answers(step.key, 0)))


def _missing(run: Mapping[str, Any], tasks: Sequence[TaskSummary], cells: set[tuple[int, int]], opened: Sequence[OpenStep]) -> list[str]:
    """What is still owed, in words. A cell that was tried and has no score is done; one that was never reached is not."""
    owed = [f"{t.name}: {'not begun' if t.state == 'waiting' else 'data set or scores'}" for t in tasks if t.state != "finished"]
    owed += [f"{s.task}: step {s.name} is open" for s in opened]
    lost = planned_cells(run.get("evaluation", {}).get("matrix", "none"), len(tasks)) - cells
    return owed + ([f"matrix: {len(lost)} cells"] if lost else [])


def _budget(ledger: Ledger) -> str:
    return next((str(e.get("reached", "")) for e in reversed(ledger.events("budget"))), "")


def _cost(ledger: Ledger) -> Cost:
    spent, events = ledger.spent(), ledger.events("resources")
    seconds = [e["seconds"] for e in events if e.get("seconds") is not None]
    memory = [e["peak_memory_mb"] for e in events if e.get("peak_memory_mb") is not None]
    return Cost(
        tokens_in=int(spent["tokens_in"]),
        tokens_out=int(spent["tokens_out"]),
        requests=int(spent["requests"]),
        requests_without_tokens=int(spent["unknown"]),
        generation_seconds=spent["seconds"],
        seconds=sum(seconds) if seconds else None,
        peak_memory_mb=max(memory, default=None),
        sessions=len(ledger.sessions()),
        sessions_measured=len(events),
    )
