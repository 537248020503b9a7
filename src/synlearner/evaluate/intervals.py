"""Means with intervals: a bootstrap over gold rows and over students, and the same for paired differences.

Comes in: a table of right/wrong (students × gold rows). Goes out: an `Interval`. Gold rows are drawn with replacement, and
independently students; the interval is the percentile interval of the mean (Efron and Tibshirani 1993). It speaks of the gold sample
and the student's seed, not of a repeated run: for that, repeat the run with other seeds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from synlearner.records import Interval
from synlearner.seeding import numpy_rng

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def bootstrap(correct: NDArray[np.float64], *, seed: int, rounds: int = 1000, level: float = 0.95) -> Interval:
    """Interval of the mean of `correct`, shape (students, gold rows), values 0..1 (differences: -1..1)."""
    import numpy as np

    table = np.atleast_2d(np.asarray(correct, dtype=float))
    students, rows = table.shape
    if not table.size:
        raise ValueError("an interval needs at least one student and one gold row")
    draw = numpy_rng(seed, "bootstrap")
    # Counts of a multinomial draw say the same as drawn indices, and turn the resampled mean into two products.
    row_share = draw.multinomial(rows, np.full(rows, 1 / rows), size=rounds) / rows
    student_share = draw.multinomial(students, np.full(students, 1 / students), size=rounds) / students
    means = np.einsum("bs,sr,br->b", student_share, table, row_share, optimize=True)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(table.mean()), float(low), float(high), level, rows)


def paired(first: NDArray[np.float64], second: NDArray[np.float64], *, seed: int, rounds: int = 1000, level: float = 0.95) -> Interval:
    """Interval of the mean difference first - second on the same gold rows and student seeds; equal shapes."""
    if first.shape != second.shape:
        raise ValueError(f"a paired difference needs equal shapes, got {first.shape} and {second.shape}")
    return bootstrap(first - second, seed=seed, rounds=rounds, level=level)
