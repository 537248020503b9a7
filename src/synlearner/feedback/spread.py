"""Acquisition functions that look at texts alone: near the seeds (proximity), unlike each other (diversity), standing for many (coverage).

Vectors are unit rows of an embedder. Sets are chosen greedily; cosines are made in blocks, never a matrix of rows × rows. Rows are taken in the order of
their content, so that nothing depends on the order in which they are given.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synlearner.feedback.acquisition import CannotTellError, Found, Function, Means
from synlearner.protocols import Acquisition, Embedder, Learner, Level
from synlearner.records import Measurement, Picked, Row, Score, Unscored
from synlearner.seeding import content_hash, numpy_rng

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Values = NDArray[np.float64]

EMPTY = "the text has nothing that the embedder knows"
CENTROIDS = 16
# Points that a score, and a choice, of diversity is measured against: of more rows a seeded draw.
POINTS, POINTS_OF_CHOICE = 2_000, 20_000
# Bytes of a block of cosines; rows whose bounds are renewed together; rows of cosines that are kept while a set is chosen.
BLOCK_BYTES, TOGETHER, KEPT = 64_000_000, 64, 768
# Share of the rows that a covering set should cover, and neighbours that are remembered, as a multiple of what would be enough on average, and at most.
COVERED, NEIGHBOURS, MOST_EDGES = 0.9, 8, 25_000_000


def proximity(means: Means) -> Acquisition:
    """The largest cosine to a centroid of the seeds, which k-means finds."""

    def compute(rows: Sequence[Row], _: Learner | None) -> Found:
        import numpy as np

        if not means.seeds:
            raise CannotTellError("proximity needs seeds")
        vectors, there = _embedded(rows, means)
        nearest = np.full(len(rows), np.nan)
        nearest[there] = (vectors @ _centroids(means).T).max(axis=1)
        return nearest, dict.fromkeys(range(len(rows)), EMPTY)

    return Function("proximity", _named("proximity", means), compute, (-1.0, 1.0))


def _centroids(means: Means) -> Vectors:
    import numpy as np

    vectors = _embedded([means.seeds[i] for i in canonical(means.seeds)], means)[0].astype(np.float64)
    if not len(vectors):
        raise CannotTellError("the seeds have nothing that the embedder knows")
    different = np.unique(vectors, axis=0)
    if len(different) > CENTROIDS:
        different = _clustered(vectors, means.seed)
    return np.asarray(different, dtype=np.float32)


def _clustered(vectors: Values, seed: int, rounds: int = 20) -> Values:
    """Centroids of spherical k-means from a k-means++ start, of length one."""
    import numpy as np

    draw = numpy_rng(seed, "centroids")
    chosen = [int(draw.integers(len(vectors)))]
    far = 1 - vectors @ vectors[chosen[0]]
    for _ in range(CENTROIDS - 1):
        weights = np.maximum(far, 0)
        chosen.append(int(draw.choice(len(vectors), p=weights / weights.sum())))
        far = np.minimum(far, 1 - vectors @ vectors[chosen[-1]])
    middles = vectors[chosen]
    for _ in range(rounds):
        place = (vectors @ middles.T).argmax(axis=1)
        sums = np.stack([vectors[place == c].sum(axis=0) if (place == c).any() else middles[c] for c in range(len(middles))])
        middles = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
    return middles


@dataclass(frozen=True, slots=True)
class Diversity:
    """Facility location: what a row adds to how well a set stands for its reference points u, Σ_u max(0, cos(u, x) − best_u).

    Reference points are the rows themselves (of very many a seeded draw), and best_u begins with the seeds. A row's score is what it would add first; `pick`
    takes the largest gain and goes on from there. `far` is the published variant, the same with distances, Σ_u max(0, 1 − cos(u, x) − far_u): a few extreme rows saturate it.
    """

    means: Means
    name: str = "diversity"
    far: bool = False
    level: Level = "set"
    bounds: tuple[float, float] | None = None

    @property
    def identity(self) -> str:
        return _named(self.name, self.means)

    def score(self, rows: Sequence[Row], _: Learner | None) -> list[Measurement]:
        """The gain of each row over the seeds alone, as a mean over reference points."""

        def compute(rows: Sequence[Row], _: Learner | None) -> Found:
            import numpy as np

            vectors, there = _embedded(rows, self.means)
            values = np.full(len(rows), np.nan)
            order = canonical([rows[i] for i in there])
            points = vectors[_drawn(order, POINTS, self.means.seed)]
            best = self._begin(points)
            for block in _blocks(len(vectors), len(points)):
                values[there[block]] = self._gains(self._worth(vectors[block] @ points.T), best) / len(points)
            return values, dict.fromkeys(range(len(rows)), EMPTY)

        return Function(self.name, self.identity, compute).score(rows, None)

    def pick(self, rows: Sequence[Row], _: Learner | None, n: int, *, seed: int) -> Picked:
        """Greedy with bounds: a gain can only fall while the set grows, so that few of them need be renewed (Minoux 1978)."""
        import numpy as np

        vectors, there = _embedded(rows, self.means)
        order = np.array(canonical([rows[i] for i in there]), dtype=np.int64)
        candidates = np.ascontiguousarray(vectors[order]) if len(order) else vectors
        points = candidates[_drawn(range(len(order)), POINTS_OF_CHOICE, seed)]
        chosen, gains = self._greedy(candidates, points, min(n, len(order)))
        return Picked(tuple(int(there[order[i]]) for i in chosen), tuple(gains), _missing(rows, there))

    def _greedy(self, candidates: Vectors, points: Vectors, n: int) -> tuple[list[int], list[float]]:
        import numpy as np

        best = self._begin(points)
        bounds = np.concatenate([self._gains(self._worth(candidates[b] @ points.T), best) for b in _blocks(len(candidates), len(points))]) if n else np.zeros(0)
        fresh, shelf = np.zeros(len(candidates), dtype=np.int64), _Shelf(candidates, points, self._worth)
        chosen: list[int] = []
        gains: list[float] = []
        while len(chosen) < n:
            top = int(bounds.argmax())
            if fresh[top] == len(chosen):
                chosen.append(top)
                gains.append(float(bounds[top]) / len(points))
                best = np.maximum(best, shelf.rows(np.array([top]))[0])
                bounds[top] = -np.inf
                continue
            some = np.argpartition(bounds, -min(TOGETHER, len(bounds)))[-min(TOGETHER, len(bounds)) :]
            some = some[(fresh[some] < len(chosen)) & np.isfinite(bounds[some])]
            bounds[some] = self._gains(shelf.rows(some), best)
            fresh[some] = len(chosen)
        return chosen, gains

    def _worth(self, cosines: Vectors) -> Vectors:
        return 1 - cosines if self.far else cosines

    def _begin(self, points: Vectors) -> Vectors:
        """How well every point is stood for by the seeds: 0 without seeds."""
        import numpy as np

        best = np.zeros(len(points), dtype=np.float32)
        seeds, _ = _embedded(self.means.seeds, self.means)
        for block in _blocks(len(seeds), len(points)):
            np.maximum(best, self._worth(seeds[block] @ points.T).max(axis=0), out=best)
        return best

    @staticmethod
    def _gains(worth: Vectors, best: Vectors) -> Values:
        import numpy as np

        added = np.subtract(worth, best)
        np.maximum(added, 0, out=added)
        gains: Values = added.sum(axis=1, dtype=np.float64)
        return gains


class _Shelf:
    """Rows of worth that were asked for last, so that a bound that is renewed again costs no product."""

    def __init__(self, candidates: Vectors, points: Vectors, worth: Callable[[Vectors], Vectors]) -> None:
        import numpy as np

        self._candidates, self._points, self._worth = candidates, points, worth
        self._kept = np.empty((min(KEPT, len(candidates)), len(points)), dtype=np.float32)
        self._owner, self._slot = np.full(len(self._kept), -1), np.full(len(candidates), -1)
        self._next = 0

    def rows(self, some: Any) -> Vectors:
        import numpy as np

        new = some[self._slot[some] < 0]
        if len(new):
            slots = (self._next + np.arange(len(new))) % len(self._kept)
            busy = np.isin(self._owner[slots], some)
            if busy.any():  # what is asked for now is not overwritten
                self._clear()
                return self.rows(some)
            gone = self._owner[slots]
            self._slot[gone[gone >= 0]] = -1
            self._kept[slots] = self._worth(self._candidates[new] @ self._points.T)
            self._owner[slots], self._slot[new] = new, slots
            self._next = int(slots[-1] + 1) % len(self._kept)
        found: Vectors = self._kept[self._slot[some]]
        return found

    def _clear(self) -> None:
        self._owner[:], self._slot[:], self._next = -1, -1, 0


def diversity(means: Means) -> Acquisition:
    """What a row adds to how well the chosen ones stand for all."""
    return Diversity(means)


def diversity_reference(means: Means) -> Acquisition:
    """The published variant, over the largest distances."""
    return Diversity(means, "diversity:reference", far=True)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Greedy max-cover on a similarity graph (ACS, arXiv 2504.14508): rows are joined where their cosine is at least a threshold, and the largest threshold is searched at
    which `n` rows cover 90 % of all. Of every row's neighbours so many are remembered as are needed several times over on average.

    A row's score is the share of rows that it covers alone, at the threshold for choosing a tenth.
    """

    means: Means
    name: str = "coverage"
    level: Level = "set"
    bounds: tuple[float, float] | None = (0.0, 1.0)

    @property
    def identity(self) -> str:
        return _named(self.name, self.means)

    def score(self, rows: Sequence[Row], _: Learner | None) -> list[Measurement]:
        import numpy as np

        try:
            vectors, there = _embedded(rows, self.means)
        except CannotTellError as error:
            return [Unscored(self.name, str(error))] * len(rows)
        found: list[Measurement] = [Unscored(self.name, EMPTY)] * len(rows)
        if not len(there):
            return found
        order = np.array(canonical([rows[i] for i in there]))
        graph = similar(vectors[order], max(1, len(order) // 10))
        cover(graph, max(1, len(order) // 10))
        for place, degree in zip(there[order], graph.degrees(), strict=True):
            found[place] = Score(self.name, float(degree) / len(order))
        return found

    def pick(self, rows: Sequence[Row], _: Learner | None, n: int, *, seed: int) -> Picked:  # noqa: ARG002  (nothing is drawn)
        """At most `n` rows: fewer where fewer cover all."""
        import numpy as np

        vectors, there = _embedded(rows, self.means)
        if not len(there) or n < 1:
            return Picked((), (), _missing(rows, there))
        order = np.array(canonical([rows[i] for i in there]))
        chosen = cover(similar(vectors[order], n), n)
        return Picked(tuple(int(there[order[i]]) for i, _ in chosen), tuple(gain / len(order) for _, gain in chosen), _missing(rows, there))


def coverage(means: Means) -> Acquisition:
    """How many other rows a row stands for."""
    return Coverage(means)


@dataclass(slots=True)
class Graph:
    """Neighbours of rows with their cosines, each row's own neighbours from the nearest on: `starts` (rows + 1,), `ends` and `cosines` (edges,). Rows up to `threshold` count."""

    starts: Any
    ends: Any
    cosines: Any
    threshold: float = -1.0

    def __len__(self) -> int:
        return len(self.starts) - 1

    def degrees(self) -> Any:
        """How many neighbours each row has at the threshold, itself included."""
        import numpy as np

        return np.add.reduceat((self.cosines >= self.threshold).astype(np.int64), self.starts[:-1])

    def of(self, row: int) -> Any:
        """The neighbours of a row at the threshold."""
        import numpy as np

        here = slice(self.starts[row], self.starts[row + 1])
        return self.ends[here][: int(np.searchsorted(-self.cosines[here], -self.threshold, side="right"))]


def similar(vectors: Vectors, n: int) -> Graph:
    """Every row's neighbours, itself included, down to the cosine at which a row has so many on average as are needed several times over to cover all with `n`."""
    import numpy as np

    rows = len(vectors)
    wanted = min(rows, NEIGHBOURS * rows / n + 1, max(1.0, MOST_EDGES / rows))
    sample = vectors[np.linspace(0, rows - 1, min(rows, 256)).astype(np.int64)]
    least = float(np.quantile(sample @ vectors.T, 1 - wanted / rows)) if wanted < rows else -2.0
    counts, ends, cosines = [], [], []
    for block in _blocks(rows, rows):
        tile = vectors[block] @ vectors.T
        tile[np.arange(len(tile)), np.arange(block.start, block.start + len(tile))] = 1.0
        row, column = np.nonzero(tile >= least)
        near = tile[row, column]
        order = np.lexsort((column, -near, row))
        counts.append(np.bincount(row, minlength=len(tile)))
        ends.append(column[order].astype(np.int32))
        cosines.append(near[order])
    return Graph(np.concatenate([[0], np.cumsum(np.concatenate(counts))]), np.concatenate(ends), np.concatenate(cosines))


def cover(graph: Graph, n: int, steps: int = 14) -> list[tuple[int, int]]:
    """Rows and how many each newly covers. The graph's threshold is left where the search ended: the largest at which `n` rows cover enough, else the smallest there is."""
    low, high = float(graph.cosines.min()), 1.0
    graph.threshold = low
    best = _covering(graph, n)
    enough = COVERED * len(graph)
    if sum(gain for _, gain in best) < enough:
        return best
    for _ in range(steps):
        graph.threshold = (low + high) / 2
        found = _covering(graph, n)
        if sum(gain for _, gain in found) >= enough:
            low, best = graph.threshold, found
        else:
            high = graph.threshold
    graph.threshold = low
    return best


def _covering(graph: Graph, n: int) -> list[tuple[int, int]]:
    """Greedy max-cover with bounds."""
    import numpy as np

    open_rows = np.ones(len(graph), dtype=bool)
    heap = [(-int(degree), i) for i, degree in enumerate(graph.degrees())]
    heapq.heapify(heap)
    chosen: list[tuple[int, int]] = []
    while heap and len(chosen) < n:
        bound, row = heap[0]
        near = graph.of(row)
        gain = int(open_rows[near].sum())
        if not gain:
            heapq.heappop(heap)
        elif gain == -bound:
            heapq.heappop(heap)
            chosen.append((row, gain))
            open_rows[near] = False
        else:
            heapq.heapreplace(heap, (-gain, row))
    return chosen


# -- shared ----------------------------------------------------------------------------------------------------------------------


def canonical(rows: Sequence[Row]) -> list[int]:
    """Places of the rows in the order of their content."""
    return sorted(range(len(rows)), key=lambda i: (rows[i].text, rows[i].label, rows[i].id))


def _embedded(rows: Sequence[Row], means: Means) -> tuple[Vectors, Any]:
    """Unit vectors of the rows that have one, and their places."""
    import numpy as np

    vectors = _embedder(means).embed([r.text for r in rows])
    there = np.flatnonzero(np.einsum("ij,ij->i", vectors, vectors) > 0.5) if len(rows) else np.zeros(0, dtype=np.int64)
    return (vectors if len(there) == len(vectors) else vectors[there]), there


def _embedder(means: Means) -> Embedder:
    if means.embedder is None:
        raise CannotTellError("there is no embedder")
    return means.embedder


def _missing(rows: Sequence[Row], there: Any) -> dict[int, str]:
    return dict.fromkeys(set(range(len(rows))) - set(there.tolist()), EMPTY)


def _drawn(order: Sequence[int], most: int, seed: int) -> Any:
    """At most so many of the places, in their order."""
    import numpy as np

    places = np.array(order, dtype=np.int64)
    return places if len(places) <= most else places[np.sort(numpy_rng(seed, "points").choice(len(places), most, replace=False))]


def _blocks(rows: int, columns: int) -> Iterator[slice]:
    height = max(1, BLOCK_BYTES // (4 * max(1, columns)))
    for start in range(0, rows, height):
        yield slice(start, min(rows, start + height))


def _named(name: str, means: Means) -> str:
    seeds = content_hash([[r.text, r.label] for r in means.seeds])
    return f"{name}, {means.embedder.identity if means.embedder else 'no embedder'}, seeds {seeds}, seed {means.seed}"
