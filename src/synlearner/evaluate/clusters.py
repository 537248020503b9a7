"""Intervals over several runs: a bootstrap that respects that runs of one seed, and answers to one gold row, belong together.

A quantity of a run is a sum over tasks of a mean over gold rows, for example a score or a difference of two runs' scores. It comes in as
`Terms`: by gold set a vector, one value per gold row, averaged over students and already weighted, so that the quantity is the sum over sets of
the vectors' means. `Runs` has the terms of several runs by seed: those of one seed differ by the order of the tasks.

The estimate is the mean over seeds of the mean over their runs. Each round adds up two deviations from it. Gold rows are drawn with replacement
within each set, once for all runs and arms that answer it. Seeds, each with all its runs, get random weights (a multiplier bootstrap: normal ones,
divided by a chi that makes the deviation Student's t with S-1 degrees of freedom, as few seeds say little about their own spread). What is
particular to a row in a run counts in both, so that the sum is scaled to the variance for two crossed clusters: rows plus seeds minus what they
share (Cameron, Gelbach and Miller 2011). Limits are percentiles of the rounds.

Covered are the gold sample, and what a run owes to its seed: drafts, learning and students. Not covered are other tasks, other orders than
those that were run, and with a single seed nothing but the gold sample. With two seeds the interval is wide, whatever they say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synlearner.evaluate.contrasts import Cell, Weights
from synlearner.records import Interval
from synlearner.seeding import numpy_rng

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# A task and the hash of its gold rows: runs of other seeds may have drawn other gold rows.
Gold = tuple[str, str]
Terms = Mapping[Gold, "NDArray[np.float64]"]
Runs = Mapping[int, Sequence[Terms]]
# A gap of scores that is smaller is rounding.
_NO_GAP = 1e-9


def mean_terms(tables: Mapping[Gold, NDArray[np.float64]]) -> Terms:
    """Terms of the mean over tasks of the share of right answers; each table has the shape (students, gold rows). Empty without tables."""
    return {gold: table.mean(axis=0) / len(tables) for gold, table in tables.items()}


def cell_terms(weights: Weights, cells: Mapping[Cell, NDArray[np.float64]], golds: Sequence[Gold]) -> Terms | None:
    """Terms of a weighted sum of cells of R; `golds` names the columns. None without weights or where a cell has no answers."""
    found: dict[Gold, NDArray[np.float64]] = {}
    for (i, j), weight in weights.items():
        if (i, j) not in cells:
            return None
        term = weight * cells[i, j].mean(axis=0)
        found[golds[j]] = found[golds[j]] + term if golds[j] in found else term
    return found or None


def difference(first: Terms, second: Terms) -> Terms | None:
    """Terms of first minus second; None where they do not answer the same gold rows."""
    if {g: t.shape for g, t in first.items()} != {g: t.shape for g, t in second.items()}:
        return None
    return {gold: first[gold] - second[gold] for gold in first}


def clustered(runs: Runs, *, seed: int, rounds: int = 1000, level: float = 0.95, least: float = -1.0, most: float = 1.0) -> Interval | None:
    """Mean over runs with its interval, which ends where the quantity does, at `least` and `most`; None without runs. `n` counts gold rows."""
    import numpy as np

    if not any(runs.values()):
        return None
    found = _drawn(runs, seed, rounds)
    return _limits(found.estimate, np.clip(found.estimate + found.factor * found.off, least, most), level, found.rows)


def recovered_in(synthetic: Runs, seeds_only: Runs, real: Runs, *, seed: int, rounds: int = 1000, level: float = 0.95) -> tuple[float | None, Interval | None]:
    """The performance gap recovered in percent, of the mean scores of all runs, with its interval over the same draws for all three scores.

    No value where real rows are not better than the seeds; no interval where they are not in more of the rounds than it leaves out on a side.
    The draws are not scaled, so that with several seeds the interval is rather too wide.
    """
    import numpy as np

    if not (any(synthetic.values()) and any(seeds_only.values()) and any(real.values())):
        return None, None
    top, bottom, whole = (_drawn(runs, seed, rounds) for runs in (synthetic, seeds_only, real))
    if whole.estimate - bottom.estimate <= _NO_GAP:
        return None, None
    estimate = 100 * (top.estimate - bottom.estimate) / (whole.estimate - bottom.estimate)
    over, gap = (some.estimate + some.off - bottom.estimate - bottom.off for some in (top, whole))
    if np.mean(gap <= _NO_GAP) > (1 - level) / 2:
        return estimate, None
    return estimate, _limits(estimate, 100 * over[gap > _NO_GAP] / gap[gap > _NO_GAP], level, top.rows)


def crossed(
    values: Sequence[NDArray[np.float64]], drawn: Sequence[NDArray[np.float64]], *, seed: int, level: float = 0.95, least: float = -1.0, most: float = 1.0, n: int
) -> Interval:
    """The mean over repeats and then over tables of any statistic, with its interval. `values` has (repeats,) of each table, `drawn` the same in each round in which rows were
    drawn for all repeats at once, (rounds, repeats). A table's rows are drawn on their own; repeats of one number belong together. `n` counts rows.

    As `clustered`, which is faster where the statistic is a mean: here what rows and repeats share is the variance that each repeat has of its rows alone.
    """
    import numpy as np

    each = np.mean(values, axis=0)
    by_rows = sum(d.mean(axis=1) - d.mean() for d in drawn) / len(drawn)
    by_repeats = _weights(numpy_rng(seed, "repeats"), each.size, len(by_rows)) @ each
    rows, repeats = float(np.var(by_rows)), float(each.var(ddof=1)) / each.size if each.size > 1 else 0.0
    shared = sum(float(d.var(axis=0).sum()) for d in drawn) / (each.size * len(drawn)) ** 2
    factor = np.sqrt(max(rows, repeats, rows + repeats - shared) / (rows + repeats)) if rows and repeats else 1.0
    estimate = float(each.mean())
    return _limits(estimate, np.clip(estimate + factor * (by_rows + by_repeats), least, most), level, n)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """An estimate, how far each round is off from it, what brings the rounds to the variance of two crossed clusters, and gold rows."""

    estimate: float
    off: NDArray[np.float64]
    factor: float
    rows: int


def _drawn(runs: Runs, seed: int, rounds: int) -> _Drawn:
    import numpy as np

    tables = _tables(runs)
    clusters = next(iter(tables.values())).shape[0]
    means = sum((table.mean(axis=1) for table in tables.values()), np.zeros(clusters))
    off = _weights(numpy_rng(seed, "seeds"), clusters, rounds) @ means
    for gold, table in tables.items():
        size = table.shape[1]
        off = off + (numpy_rng(seed, "gold", *gold).multinomial(size, np.full(size, 1 / size), size=rounds) / size - 1 / size) @ table.mean(axis=0)
    return _Drawn(float(means.mean()), off, _factor(list(tables.values()), means), sum(table.shape[1] for table in tables.values()))


def _tables(runs: Runs) -> dict[Gold, NDArray[np.float64]]:
    """By gold set the mean terms of each seed, shape (seeds, gold rows); a seed without the set has nothing there: its share comes from other sets."""
    import numpy as np

    kept = [terms for _, terms in sorted(runs.items()) if terms]
    sizes = {gold: values.shape[0] for some in kept for terms in some for gold, values in terms.items()}
    return {gold: np.stack([sum((t[gold] for t in some if gold in t), np.zeros(size)) / len(some) for some in kept]) for gold, size in sorted(sizes.items())}


def _factor(tables: Sequence[NDArray[np.float64]], means: NDArray[np.float64]) -> float:
    """The root of (rows + seeds - shared) / (rows + seeds), in variances of the estimate; never below what rows or seeds have alone."""
    import numpy as np

    by_rows = sum(float(t.mean(axis=0).var()) / t.shape[1] for t in tables)
    by_seeds = float(means.var(ddof=1)) / means.size if means.size > 1 else 0.0
    if not (by_rows and by_seeds):
        return 1.0
    shared = sum(float(np.sum((t - t.mean(axis=0) - t.mean(axis=1, keepdims=True) + t.mean()) ** 2)) / ((t.shape[0] - 1) * max(1, t.shape[1] - 1) * t.size) for t in tables)
    return float(np.sqrt(max(by_rows, by_seeds, by_rows + by_seeds - shared) / (by_rows + by_seeds)))


def _weights(draw: np.random.Generator, seeds: int, rounds: int) -> NDArray[np.float64]:
    """The weight of each seed's mean in each round's deviation, shape (rounds, seeds), summing to nothing; a single seed deviates from nothing."""
    import numpy as np

    if seeds == 1:
        return np.zeros((rounds, 1))
    normal = draw.standard_normal((rounds, seeds))
    spread = np.sqrt(draw.chisquare(seeds - 1, (rounds, 1)) / (seeds - 1))
    return np.asarray((normal - normal.mean(axis=1, keepdims=True)) / spread / np.sqrt(seeds * (seeds - 1)))


def _limits(estimate: float, drawn: NDArray[np.float64], level: float, rows: int) -> Interval:
    import numpy as np

    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(estimate, float(low), float(high), level, rows)
