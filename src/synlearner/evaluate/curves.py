"""Learning curves: the score of a student against the rows that it learnt from, and what several curves say beside each other.

A curve is a list of points, rows and score, in the order of the rows. Curves are compared at the same place of the same task, order and seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from synlearner.evaluate.student import Examined, examine
from synlearner.protocols import OpenStudent, Student
from synlearner.records import Row
from synlearner.stream.kinds import Match

Point = tuple[float, float]
# Scores of one way of choosing by what they belong to: a task, an order, a seed, a place on the curve.
Scores = Mapping[Any, float]


def measured(
    student: Student | OpenStudent,
    start: Sequence[Row],
    rows: Sequence[Row],
    sizes: Sequence[int],
    gold: Sequence[Row],
    *,
    labels: Sequence[str],
    repeats: int,
    seed: int,
    match: Match | None = None,
) -> list[Examined | None]:
    """The same student trained on `start` and the first so many of `rows`, for each of `sizes`; None where that is nothing. `match` as in `examine`."""
    sets = [[*start, *rows[:size]] for size in sizes]
    return [examine(student, some, gold, labels=labels, repeats=repeats, seed=seed, match=match) if some else None for some in sets]


def reached(curve: Sequence[Point], target: float) -> float | None:
    """The rows at which a curve first has the target's score, on straight lines between its points; None where it never has."""
    if not curve:
        return None
    if curve[0][1] >= target:
        return curve[0][0]
    for (before, low), (after, high) in pairwise(curve):
        if high >= target:
            return min(after, before + (after - before) * (target - low) / (high - low))
    return None


def win_rates(scores: Mapping[str, Scores]) -> dict[str, dict[str, float | None]]:
    """How often each way has the higher score than each other, ties counting half, over what both have; None where that is nothing. Two rates of a pair sum to 1."""
    return {a: {b: _wins(scores[a], scores[b]) for b in scores if b != a} for a in scores}


def _wins(mine: Scores, theirs: Scores) -> float | None:
    both = [key for key in mine if key in theirs]
    return sum(1.0 if mine[k] > theirs[k] else 0.5 if mine[k] == theirs[k] else 0.0 for k in both) / len(both) if both else None
