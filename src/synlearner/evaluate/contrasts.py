"""Intervals of transfer numbers: each is a weighted sum of cells of R, and the cells of a column are answers to the same gold rows.

Comes in: weights by cell, and for each cell right or wrong as a table (students x gold rows). Goes out: an `Interval`. Gold rows and students
of a task are drawn once per round for all cells of its column, so that what the cells have in common cancels out (a paired bootstrap).

Forgetting takes the best earlier cell. Which one that is, is settled on all gold rows and kept in every round: the interval is that of the
drop from this cell and does not cover the choice, which leans towards lucky cells. Backward transfer makes no choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from synlearner.evaluate.continual import Matrix
from synlearner.evaluate.intervals import summed
from synlearner.records import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Rows of R that are not "after task i".
BEFORE, ISOLATED = -1, -2
Cell = tuple[int, int]
Weights = Mapping[Cell, float]


def average_weights(n: int) -> Weights:
    """The last row, equally."""
    return {(n - 1, j): 1 / n for j in range(n)}


def backward_weights(n: int) -> Weights:
    """The last row minus the diagonal, over all tasks but the last."""
    return _difference([((n - 1, j), (j, j)) for j in range(n - 1)])


def forward_weights(n: int) -> Weights:
    """The diagonal minus the row `ISOLATED`, over all tasks but the first."""
    return _difference([((j, j), (ISOLATED, j)) for j in range(1, n)])


def zero_shot_weights(n: int) -> Weights:
    """The cell just before the diagonal minus the row `BEFORE`, over all tasks but the first."""
    return _difference([((j - 1, j), (BEFORE, j)) for j in range(1, n)])


def forgetting_weights(matrix: Matrix) -> Weights:
    """The best cell since learning minus the last one, over all tasks but the last; the earliest of equally good ones. Empty without any."""
    last = len(matrix) - 1
    measured = [[(v, i) for i in range(j, last) if (v := matrix[i][j]) is not None] for j in range(last)]
    if not all(measured):
        return {}
    return _difference([((max(column, key=lambda c: c[0])[1], j), (last, j)) for j, column in enumerate(measured)])


def _difference(pairs: list[tuple[Cell, Cell]]) -> Weights:
    """The mean over pairs of first minus second."""
    share = 1 / max(1, len(pairs))
    return {cell: sign * share for pair in pairs for cell, sign in zip(pair, (1, -1), strict=True)}


def contrast(weights: Weights, answers: Mapping[Cell, NDArray[np.float64]], *, seed: int, rounds: int = 1000, level: float = 0.95) -> Interval | None:
    """Interval of the weighted sum of the cells' means. None without weights, or where a cell has no answers or others than its column."""
    columns: dict[int, NDArray[np.float64]] = {}
    for (i, j), weight in weights.items():
        table = answers.get((i, j))
        if table is None or (j in columns and columns[j].shape != table.shape):
            return None
        columns[j] = columns[j] + weight * table if j in columns else weight * table
    return summed(columns, seed=seed, rounds=rounds, level=level) if columns else None
