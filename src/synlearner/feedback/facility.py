"""Facility location by greedy choice: vectors of candidates and of points go in; out come candidates with what each added.

A candidate x adds Σ_u max(0, worth(u, x) − best_u). What it adds can only fall while others are chosen, so an earlier value bounds it, and few values need
be renewed at a time (Minoux 1978). As soon as the points are stood for so well that few candidates could do better, one pass over all pairs keeps
just these as a sparse table, and the rest of the choice is exact and costs no product. Until then, with more than `DRAW` points, candidates are compared by every so-manieth
point. Memory is bounded by blocks and by `MOST_EDGES`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Values = NDArray[np.float64]

BLOCK_BYTES = 16_000_000
# Candidates whose bounds are renewed together, worths that the sparse table may hold, points that decide before it is made.
TOGETHER, MOST_EDGES, DRAW = 128, 20_000_000, 2_000

Worth = Callable[["Vectors"], "Vectors"]
Gains = list[tuple[int, float]]


def blocks(rows: int, columns: int) -> Iterator[slice]:
    """Blocks of rows whose table of columns is not too large."""
    height = max(1, BLOCK_BYTES // (4 * max(1, columns)))
    for start in range(0, rows, height):
        yield slice(start, min(rows, start + height))


def gains(worth: Vectors, best: Vectors) -> Values:
    """What every candidate of a block adds; (candidates,)."""
    import numpy as np

    np.subtract(worth, best, out=worth)
    np.maximum(worth, 0, out=worth)
    found: Values = worth.sum(axis=1, dtype=np.float64)
    return found


def greedy(candidates: Vectors, points: Vectors, best: Vectors, n: int, worth: Worth, most: int = MOST_EDGES) -> Gains:
    """`n` candidates in the order of choice with what they added. `best` (points,) is how well each point is stood for before; `worth` is of cosines, of
    which the table may hold about `most`.
    """
    import numpy as np

    some = np.linspace(0, len(points) - 1, min(len(points), DRAW)).astype(np.int64)
    first = _First(candidates, points[some], best[some], worth)
    chosen: Gains = []
    while len(chosen) < n and _edges(candidates, points, best, worth) > most:
        top = first.next()
        row = worth(candidates[top : top + 1] @ points.T)[0]
        chosen.append((top, float(np.maximum(row - best, 0).sum(dtype=np.float64))))
        best = np.maximum(best, row)
    if len(chosen) < n:
        chosen += _with_table(_better(candidates, points, best, worth), best, n - len(chosen), {i for i, _ in chosen})
    return chosen


def _edges(candidates: Vectors, points: Vectors, best: Vectors, worth: Worth) -> float:
    """About how many worths are better than `best`: counted for every so-manieth candidate."""
    import numpy as np

    some = candidates[np.linspace(0, len(candidates) - 1, min(len(candidates), 64)).astype(np.int64)]
    return float((worth(some @ points.T) > best).mean()) * len(candidates) * len(points)


class _First:
    """The choice while products are still needed: each call of `next` is the candidate that adds most to the given points."""

    def __init__(self, candidates: Vectors, points: Vectors, best: Vectors, worth: Worth) -> None:
        self._candidates, self._points, self._best, self._worth = candidates, points, best, worth
        self._bounds: Any = None
        self._fresh: Any = None
        self._count = 0

    def next(self) -> int:
        """Take the best candidate."""
        import numpy as np

        if self._bounds is None:
            self._bounds = np.concatenate([self._gains(b) for b in blocks(len(self._candidates), len(self._points))])
            self._fresh = np.zeros(len(self._candidates), dtype=np.int64)
        while self._fresh[top := int(self._bounds.argmax())] < self._count:
            size = min(TOGETHER, len(self._bounds))
            some = np.argpartition(self._bounds, -size)[-size:]
            some = some[(self._fresh[some] < self._count) & np.isfinite(self._bounds[some])]
            self._bounds[some], self._fresh[some] = self._gains(some), self._count
        self._best = np.maximum(self._best, self._worth(self._candidates[top : top + 1] @ self._points.T)[0])
        self._bounds[top] = -np.inf
        self._count += 1
        return top

    def _gains(self, some: Any) -> Values:
        return gains(self._worth(self._candidates[some] @ self._points.T), self._best)


def _better(candidates: Vectors, points: Vectors, best: Vectors, worth: Worth) -> tuple[Any, Any, Any]:
    """For every candidate the points that it would stand for better than `best`, and how well: starts (candidates + 1,), points and worths (edges,)."""
    import numpy as np

    counts, ends, values = [], [], []
    for block in blocks(len(candidates), len(points)):
        table = worth(candidates[block] @ points.T)
        flat = np.flatnonzero(table > best)
        row, column = np.divmod(flat, len(points))
        counts.append(np.bincount(row, minlength=len(table)))
        ends.append(column.astype(np.int32))
        values.append(table.ravel()[flat])
    return np.concatenate([[0], np.cumsum(np.concatenate(counts))]), np.concatenate(ends), np.concatenate(values)


def _with_table(table: tuple[Any, Any, Any], best: Vectors, n: int, taken: set[int]) -> Gains:
    """The rest. Where nothing adds anything any more, the first that are left in the order of the candidates."""
    import numpy as np

    starts, ends, values = table
    heap = [(-np.inf, i, -1) for i in range(len(starts) - 1) if i not in taken]
    heapq.heapify(heap)
    best = best.copy()
    chosen: Gains = []
    while heap and len(chosen) < n:
        bound, i, when = heap[0]
        here = slice(starts[i], starts[i + 1])
        if when == len(chosen):
            heapq.heappop(heap)
            chosen.append((i, -bound))
            best[ends[here]] = np.maximum(best[ends[here]], values[here])
            continue
        added = values[here] - best[ends[here]]
        heapq.heapreplace(heap, (-float(added[added > 0].sum(dtype=np.float64)), i, len(chosen)))
    return chosen
