"""Transfer and forgetting as pure functions of the matrix R.

`R[i][j]` is the gold score of a fresh student trained on data that the generator, after task i, writes for task j; None where it was
not measured. Rows and columns are in stream order, counted from 0. Definitions (n tasks):

- average performance: mean over j of R[n-1][j];
- backward transfer (Lopez-Paz and Ranzato 2017): mean over j < n-1 of R[n-1][j] - R[j][j];
- forgetting (Chaudhry et al. 2018): mean over j < n-1 of max over i < n-1 of R[i][j], minus R[n-1][j]. The maximum runs over measured cells with i >= j;
- forward transfer (as in SAPT): mean over j >= 1 of R[j][j] - isolated[j], the score of a generator that learnt task j alone;
- zero-shot forward transfer (as in GEM): mean over j >= 1 of R[j-1][j] - before[j], the score before the stream began;
- intransigence of task j: isolated[j] - R[j][j];
- performance gap recovered: 100 · (synthetic - seeds only) / (real - seeds only), all at equal numbers of rows.

Every function returns None when a cell that it needs was not measured: a mean over other cells would answer another question.
"""

from __future__ import annotations

from collections.abc import Sequence

Matrix = Sequence[Sequence[float | None]]
Column = Sequence[float | None]


def _mean(values: Sequence[float | None]) -> float | None:
    measured = [v for v in values if v is not None]
    return sum(measured) / len(measured) if values and len(measured) == len(values) else None


def _difference(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first - second


def average(matrix: Matrix) -> float | None:
    """Mean final score over all tasks."""
    return _mean(list(matrix[-1])) if matrix else None


def backward_transfer(matrix: Matrix) -> float | None:
    """Mean change of the earlier tasks since each was learnt; None with fewer than two tasks."""
    last = len(matrix) - 1
    return _mean([_difference(matrix[last][j], matrix[j][j]) for j in range(last)])


def forgetting(matrix: Matrix) -> float | None:
    """Mean drop of the earlier tasks from their best score; None with fewer than two tasks. Negative when they got better."""
    last = len(matrix) - 1
    drops = []
    for j in range(last):
        best = max((v for i in range(j, last) if (v := matrix[i][j]) is not None), default=None)
        drops.append(_difference(best, matrix[last][j]))
    return _mean(drops)


def forward_transfer(matrix: Matrix, isolated: Column) -> float | None:
    """Does history help? Mean over all tasks but the first of stream minus isolated."""
    return _mean([_difference(matrix[j][j], isolated[j]) for j in range(1, len(matrix))])


def zero_shot_forward(matrix: Matrix, before: Column) -> float | None:
    """Mean over all tasks but the first of the score just before learning it minus the score before the stream."""
    return _mean([_difference(matrix[j - 1][j], before[j]) for j in range(1, len(matrix))])


def intransigence(matrix: Matrix, isolated: Column) -> list[float | None]:
    """Per task: what learning it within the stream cost against learning it alone."""
    return [_difference(isolated[j], matrix[j][j]) for j in range(len(matrix))]


def gap_recovered(synthetic: float, seeds_only: float, real: float) -> float | None:
    """Percent of the gap between seeds and real data that synthetic data closes; None when real data is not better than the seeds."""
    return 100.0 * (synthetic - seeds_only) / (real - seeds_only) if real > seeds_only else None
