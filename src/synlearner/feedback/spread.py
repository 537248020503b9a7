"""Acquisition functions that look at texts alone: near the seeds (proximity), unlike each other (diversity), standing for many (coverage).

Vectors are unit rows of an embedder. Sets are chosen greedily; cosines are made in blocks, never a matrix of rows × rows. Rows are taken in the order of
their content, so that nothing depends on the order in which they are given.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synlearner.feedback.acquisition import CannotTellError, Found, Function, Means
from synlearner.feedback.facility import blocks, gains, greedy
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
            for block in blocks(len(vectors), len(points)):
                values[there[block]] = gains(self._worth(vectors[block] @ points.T), best) / len(points)
            return values, dict.fromkeys(range(len(rows)), EMPTY)

        return Function(self.name, self.identity, compute).score(rows, None)

    def pick(self, rows: Sequence[Row], _: Learner | None, n: int, *, seed: int) -> Picked:
        """Greedy: the row with the largest gain, again and again. See `facility.greedy`."""
        import numpy as np

        vectors, there = _embedded(rows, self.means)
        order = np.array(canonical([rows[i] for i in there]), dtype=np.int64)
        if not len(order) or n < 1:
            return Picked((), (), _missing(rows, there))
        candidates = np.ascontiguousarray(vectors[order])
        points = candidates[_drawn(range(len(order)), POINTS_OF_CHOICE, seed)]
        chosen = greedy(candidates, points, self._begin(points), min(n, len(order)), self._worth)
        return Picked(tuple(int(there[order[i]]) for i, _ in chosen), tuple(gain / len(points) for _, gain in chosen), _missing(rows, there))

    def _worth(self, cosines: Vectors) -> Vectors:
        return 1 - cosines if self.far else cosines

    def _begin(self, points: Vectors) -> Vectors:
        """How well every point is stood for by the seeds: 0 without seeds."""
        import numpy as np

        best = np.zeros(len(points), dtype=np.float32)
        seeds, _ = _embedded(self.means.seeds, self.means)
        for block in blocks(len(seeds), len(points)):
            np.maximum(best, self._worth(seeds[block] @ points.T).max(axis=0), out=best)
        return best


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
    """Neighbours of rows with their cosines: `starts` (rows + 1,), `ends` and `cosines` (edges,). Those from `threshold` on count."""

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
        here = slice(self.starts[row], self.starts[row + 1])
        return self.ends[here][self.cosines[here] >= self.threshold]


def similar(vectors: Vectors, n: int) -> Graph:
    """Every row's neighbours, itself included, down to the cosine at which a row has so many on average as are needed several times over to cover all with `n`."""
    import numpy as np

    rows = len(vectors)
    wanted = min(rows, NEIGHBOURS * rows / n + 1, max(1.0, MOST_EDGES / rows))
    sample = vectors[np.linspace(0, rows - 1, min(rows, 256)).astype(np.int64)]
    least = float(np.quantile(sample @ vectors.T, 1 - wanted / rows)) if wanted < rows else -2.0
    counts, ends, cosines = [], [], []
    for block in blocks(rows, rows):
        tile = vectors[block] @ vectors.T
        tile[np.arange(len(tile)), np.arange(block.start, block.start + len(tile))] = 1.0
        flat = np.flatnonzero(tile >= least)
        row, column = np.divmod(flat, rows)
        counts.append(np.bincount(row, minlength=len(tile)))
        ends.append(column.astype(np.int32))
        cosines.append(tile.ravel()[flat])
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


def _named(name: str, means: Means) -> str:
    seeds = content_hash([[r.text, r.label] for r in means.seeds])
    return f"{name}, {means.embedder.identity if means.embedder else 'no embedder'}, seeds {seeds}, seed {means.seed}"
