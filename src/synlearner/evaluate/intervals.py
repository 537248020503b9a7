"""Means with intervals: a bootstrap over gold rows and over students, and the same for paired differences.

Comes in: a table of right/wrong (students × gold rows). Goes out: an `Interval`. Gold rows are drawn with replacement, and
independently students; the interval is the percentile interval of the mean (Efron and Tibshirani 1993). It speaks of the gold sample
and the student's seed, not of a repeated run: for that, repeat the run with other seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from synlearner.evaluate.continual import gap_recovered
from synlearner.records import Interval
from synlearner.seeding import numpy_rng

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# A difference of two shares of the same rows that is smaller is rounding.
_NO_GAP = 1e-9


def bootstrap(correct: NDArray[np.float64], *, seed: int, rounds: int = 1000, level: float = 0.95) -> Interval:
    """Interval of the mean of `correct`, shape (students, gold rows), values 0..1 (differences: -1..1)."""
    import numpy as np

    table = np.atleast_2d(np.asarray(correct, dtype=float))
    means = _resampled([table], numpy_rng(seed, "bootstrap"), rounds)[0]
    return _percentile(float(table.mean()), means, level, table.shape[1])


def paired(first: NDArray[np.float64], second: NDArray[np.float64], *, seed: int, rounds: int = 1000, level: float = 0.95) -> Interval:
    """Interval of the mean difference first - second on the same gold rows and student seeds; equal shapes."""
    if first.shape != second.shape:
        raise ValueError(f"a paired difference needs equal shapes, got {first.shape} and {second.shape}")
    return bootstrap(first - second, seed=seed, rounds=rounds, level=level)


def summed(tables: Mapping[int, NDArray[np.float64]], *, seed: int, rounds: int = 1000, level: float = 0.95) -> Interval:
    """Interval of the sum of the tables' means; each table, by its number, is drawn on its own. Values may have any sign and size."""
    drawn = [_resampled([table], numpy_rng(seed, "bootstrap", number), rounds)[0] for number, table in tables.items()]
    return _percentile(sum(float(t.mean()) for t in tables.values()), sum(drawn[1:], drawn[0]), level, sum(t.shape[1] for t in tables.values()))


def recovered(synthetic: NDArray[np.float64], seeds_only: NDArray[np.float64], real: NDArray[np.float64], *, seed: int, rounds: int = 1000, level: float = 0.95) -> Interval | None:
    """Interval of the performance gap recovered, in percent, over the same draws of gold rows and students; equal shapes.

    None where real rows are not better than the seeds, or not in more of the rounds than the limits leave out: a share of a gap that may be
    none has no upper limit.
    """
    import numpy as np

    estimate = gap_recovered(float(synthetic.mean()), float(seeds_only.mean()), float(real.mean()))
    if estimate is None:
        return None
    top, bottom, whole = _resampled([synthetic, seeds_only, real], numpy_rng(seed, "bootstrap"), rounds)
    gap = whole - bottom
    if np.mean(gap <= _NO_GAP) > (1 - level) / 2:
        return None
    shares = 100 * (top - bottom)[gap > _NO_GAP] / gap[gap > _NO_GAP]
    return _percentile(estimate, shares, level, synthetic.shape[1])


def _resampled(tables: Sequence[NDArray[np.float64]], draw: np.random.Generator, rounds: int) -> list[NDArray[np.float64]]:
    """Means of tables of one shape in each round; gold rows and students are drawn once per round for all of them."""
    import numpy as np

    students, rows = tables[0].shape
    if not tables[0].size:
        raise ValueError("an interval needs at least one student and one gold row")
    # Counts of a multinomial draw say the same as drawn indices, and turn the resampled mean into two products.
    row_share = draw.multinomial(rows, np.full(rows, 1 / rows), size=rounds) / rows
    student_share = draw.multinomial(students, np.full(students, 1 / students), size=rounds) / students
    return [np.einsum("bs,sr,br->b", student_share, table, row_share, optimize=True) for table in tables]


def _percentile(estimate: float, drawn: NDArray[np.float64], level: float, rows: int) -> Interval:
    import numpy as np

    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(estimate, float(low), float(high), level, rows)
