"""What a task's data is worth: the same student on seeds, synthetic rows, both, and real rows, asked about the same gold rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from synlearner.evaluate.continual import gap_recovered
from synlearner.evaluate.intervals import bootstrap, paired
from synlearner.evaluate.student import Examined, examine
from synlearner.protocols import Student
from synlearner.records import Row
from synlearner.stream.specs import EvaluationSpec


def score(examined: Examined, spec: EvaluationSpec, *, seed: int) -> dict[str, Any]:
    """Accuracy with its interval, and macro F1."""
    return {**asdict(bootstrap(examined.correct, seed=seed, rounds=spec.bootstrap, level=spec.level)), "macro_f1": examined.macro_f1}


def compare(student: Student, sets: Mapping[str, Sequence[Row]], gold: Sequence[Row], *, labels: Sequence[str], repeats: int, spec: EvaluationSpec, seed: int) -> dict[str, Any]:
    """Scores of every set, the paired gain of `synthetic_and_seeds` over `seeds_only`, and the performance gap recovered.

    An empty set has the score None and a note; so has `synthetic_and_seeds` where `synthetic` is empty, as it would only be the seeds again.
    The gap recovered takes `synthetic` against `real`, which must be equally large.
    """
    empty = [name for name, rows in sets.items() if not rows]
    notes = [f"{name}: no rows" for name in empty]
    if "synthetic" in empty and sets.get("synthetic_and_seeds"):
        empty.append("synthetic_and_seeds")
        notes.append("gain: not measured, there are no synthetic rows")
    examined = {name: examine(student, rows, gold, labels=labels, repeats=repeats, seed=seed) for name, rows in sets.items() if name not in empty}
    scores = {name: score(examined[name], spec, seed=seed) if name in examined else None for name in sets}
    gain = None
    if "synthetic_and_seeds" in examined and "seeds_only" in examined:
        gain = asdict(paired(examined["synthetic_and_seeds"].correct, examined["seeds_only"].correct, seed=seed, rounds=spec.bootstrap, level=spec.level))
    return {"scores": scores, "gain": gain, "pgr": _recovered(examined, notes), "rows": {n: len(r) for n, r in sets.items()}, "notes": notes}


def _recovered(examined: Mapping[str, Examined], notes: list[str]) -> float | None:
    if not {"synthetic", "seeds_only", "real"} <= set(examined):
        return None
    if examined["real"].trained_on != examined["synthetic"].trained_on:
        notes.append("gap recovered: real and synthetic sets differ in size")
        return None
    return gap_recovered(examined["synthetic"].accuracy, examined["seeds_only"].accuracy, examined["real"].accuracy)
