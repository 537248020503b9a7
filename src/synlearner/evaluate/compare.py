"""What a task's data is worth: the same student on seeds, synthetic rows, both, and real rows, asked about the same gold rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from synlearner.evaluate.continual import gap_recovered
from synlearner.evaluate.intervals import bootstrap, paired, recovered
from synlearner.evaluate.student import Examined, examine
from synlearner.protocols import OpenStudent, Student
from synlearner.records import Row
from synlearner.stream.kinds import Match
from synlearner.stream.specs import EvaluationSpec


def score(examined: Examined, spec: EvaluationSpec, *, seed: int) -> dict[str, Any]:
    """Accuracy with its interval, and macro F1 (None for kinds without labels)."""
    return {**asdict(bootstrap(examined.correct, seed=seed, rounds=spec.bootstrap, level=spec.level)), "macro_f1": examined.macro_f1}


def compare(
    student: Student | OpenStudent,
    sets: Mapping[str, Sequence[Row]],
    gold: Sequence[Row],
    *,
    labels: Sequence[str],
    repeats: int,
    spec: EvaluationSpec,
    seed: int,
    match: Match | None = None,
) -> dict[str, Any]:
    """Scores of every set, the paired gain of `synthetic_and_seeds` over `seeds_only`, and the performance gap recovered, each with its interval.

    `match` as in `examine`. An empty set has the score None and a note; so has `synthetic_and_seeds` where `synthetic` is empty, as it would
    only be the seeds again. The gap recovered takes `synthetic` against `real`, which must be equally large. `correct` has the marks of every examined set, as in
    `Examined.marks`.
    """
    empty = [name for name, rows in sets.items() if not rows]
    notes = [f"{name}: no rows" for name in empty]
    if "synthetic" in empty and sets.get("synthetic_and_seeds"):
        empty.append("synthetic_and_seeds")
        notes.append("gain: not measured, there are no synthetic rows")
    examined = {name: examine(student, rows, gold, labels=labels, repeats=repeats, seed=seed, match=match) for name, rows in sets.items() if name not in empty}
    scores = {name: score(examined[name], spec, seed=seed) if name in examined else None for name in sets}
    gain = None
    if "synthetic_and_seeds" in examined and "seeds_only" in examined:
        gain = asdict(paired(examined["synthetic_and_seeds"].correct, examined["seeds_only"].correct, seed=seed, rounds=spec.bootstrap, level=spec.level))
    pgr, interval = _recovered(examined, spec, notes, seed=seed)
    correct = {name: examined[name].marks for name in examined}
    return {"scores": scores, "gain": gain, "pgr": pgr, "pgr_interval": interval, "rows": {n: len(r) for n, r in sets.items()}, "correct": correct, "notes": notes}


def _recovered(examined: Mapping[str, Examined], spec: EvaluationSpec, notes: list[str], *, seed: int) -> tuple[float | None, dict[str, Any] | None]:
    """The gap recovered and its interval."""
    if not {"synthetic", "seeds_only", "real"} <= set(examined):
        return None, None
    if examined["real"].trained_on != examined["synthetic"].trained_on:
        notes.append("gap recovered: real and synthetic sets differ in size")
        return None, None
    three = [examined[name] for name in ("synthetic", "seeds_only", "real")]
    value = gap_recovered(*(e.accuracy for e in three))
    interval = recovered(*(e.correct for e in three), seed=seed, rounds=spec.bootstrap, level=spec.level)
    if value is not None and interval is None:
        notes.append("gap recovered: no interval, as real rows are not clearly better than the seeds")
    return value, asdict(interval) if interval else None
