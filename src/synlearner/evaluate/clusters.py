"""Intervals over several runs: a bootstrap that respects that runs of one seed, and answers to one gold row, belong together.

A quantity of a run is a sum over tasks of a mean over gold rows, for example a score or a difference of two runs' scores. It comes in as
`Terms`: by gold set a vector, one value per gold row, averaged over students and already weighted, so that the quantity is the sum over sets of
the vectors' means. `Runs` has the terms of several runs by seed: those of one seed differ by the order of the tasks.

The estimate is the mean over seeds of the mean over their runs. In each round, gold rows are drawn with replacement within each set, once for
all runs and arms that answer it, and seeds are drawn with replacement, all their runs together: a two-way bootstrap for crossed clusters, which
is conservative (Owen 2007). Of S seeds S-1 are drawn, as drawing S would leave the interval too narrow for few seeds (Rao and Wu 1988).

Covered are the gold sample, and what a run owes to its seed: drafts, learning and students. Not covered are other tasks, other orders than
those that were run, and with a single seed nothing but the gold sample. With two or three seeds the share that is due to seeds is itself a rough guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def clustered(runs: Runs, *, seed: int, rounds: int = 1000, level: float = 0.95) -> Interval | None:
    """Mean over runs with its interval; None without runs. `n` counts gold rows."""
    if not any(runs.values()):
        return None
    estimate, drawn, rows = _drawn(runs, seed, rounds)
    return _limits(estimate, drawn, level, rows)


def recovered_in(synthetic: Runs, seeds_only: Runs, real: Runs, *, seed: int, rounds: int = 1000, level: float = 0.95) -> tuple[float | None, Interval | None]:
    """The performance gap recovered in percent, of the mean scores of all runs, with its interval over the same draws for all three scores.

    No value where real rows are not better than the seeds; no interval where they are not in more of the rounds than it leaves out on a side.
    """
    import numpy as np

    if not (any(synthetic.values()) and any(seeds_only.values()) and any(real.values())):
        return None, None
    (top, tops, rows), (bottom, bottoms, _), (whole, wholes, _) = (_drawn(runs, seed, rounds) for runs in (synthetic, seeds_only, real))
    if whole - bottom <= _NO_GAP:
        return None, None
    estimate, gap = 100 * (top - bottom) / (whole - bottom), wholes - bottoms
    if np.mean(gap <= _NO_GAP) > (1 - level) / 2:
        return estimate, None
    open_ = gap > _NO_GAP
    return estimate, _limits(estimate, 100 * (tops - bottoms)[open_] / gap[open_], level, rows)


def _drawn(runs: Runs, seed: int, rounds: int) -> tuple[float, NDArray[np.float64], int]:
    """The estimate, its value in every round, and the number of gold rows."""
    import numpy as np

    kept = [terms for _, terms in sorted(runs.items()) if terms]
    shares = _shares(numpy_rng(seed, "seeds"), len(kept), rounds)
    estimate, drawn, rows = 0.0, np.zeros(rounds), 0
    for gold in sorted({g for seed_runs in kept for terms in seed_runs for g in terms}):
        size = next(terms[gold].shape[0] for seed_runs in kept for terms in seed_runs if gold in terms)
        # Seeds without this set take part with nothing: their share of the estimate comes from other sets.
        table = np.stack([sum((t[gold] for t in seed_runs if gold in t), np.zeros(size)) / len(seed_runs) for seed_runs in kept])
        row_share = numpy_rng(seed, "gold", *gold).multinomial(size, np.full(size, 1 / size), size=rounds) / size
        estimate += float(table.mean())
        drawn = drawn + np.einsum("bs,sg,bg->b", shares, table, row_share, optimize=True)
        rows += size
    return estimate, drawn, rows


def _shares(draw: np.random.Generator, clusters: int, rounds: int) -> NDArray[np.float64]:
    """The weight of each cluster in each round, shape (rounds, clusters); a single one always has all of it."""
    import numpy as np

    if clusters == 1:
        return np.ones((rounds, 1))
    return draw.multinomial(clusters - 1, np.full(clusters, 1 / clusters), size=rounds) / (clusters - 1)


def _limits(estimate: float, drawn: NDArray[np.float64], level: float, rows: int) -> Interval:
    import numpy as np

    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(estimate, float(low), float(high), level, rows)
