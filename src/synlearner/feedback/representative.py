"""Rows that stand for what the student is unsure of: facility location whose reference points count as much as the student doubts them.

Doubt alone takes what is odd, and takes it again and again; diversity alone takes what the student knows already. A set is chosen here that makes
Σ_u w_u max_x cos(u, x) large, w_u = 1 − margin of the student on u: many rows that it doubts lie near a chosen one. Rows need no label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synlearner.errors import EngineError, first_line
from synlearner.feedback.acquisition import CannotTellError, Means
from synlearner.feedback.answers import confidence
from synlearner.feedback.facility import blocks, gains, greedy
from synlearner.feedback.spread import EMPTY, POINTS_OF_CHOICE, canonical
from synlearner.protocols import Acquisition, Learner, Level
from synlearner.records import Measurement, Picked, Row, Score, Unscored
from synlearner.seeding import content_hash, numpy_rng

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a choice is made of: the places of the rows that have a vector in the order of their content, their vectors, the reference points (each as long as it is
    doubted), how well they are stood for already, and why other rows cannot be measured.
    """

    there: list[int]
    candidates: Vectors
    points: Vectors
    best: Vectors
    missing: dict[int, str]


@dataclass(frozen=True, slots=True)
class Representative:
    """As a set, greedy; as a score, what a row would add first, as a mean over reference points. Rows of `means.seeds` stand for their neighbours from the beginning."""

    means: Means
    name: str = "representative"
    level: Level = "set"
    bounds: tuple[float, float] | None = (0.0, 1.0)

    @property
    def identity(self) -> str:
        embedder = self.means.embedder.identity if self.means.embedder else "no embedder"
        return f"{self.name}, {embedder}, seeds {content_hash([[r.text, r.label] for r in self.means.seeds])}, seed {self.means.seed}"

    def score(self, rows: Sequence[Row], student: Learner | None) -> list[Measurement]:
        """The gain of each row alone."""
        try:
            scene = self._scene(rows, student, self.means.seed)
        except (CannotTellError, EngineError) as error:
            return [Unscored(self.name, first_line(error))] * len(rows)
        found: list[Measurement] = [Unscored(self.name, scene.missing.get(i, EMPTY)) for i in range(len(rows))]
        for block in blocks(len(scene.there), len(scene.points)):
            for place, gain in zip(scene.there[block], gains(scene.candidates[block] @ scene.points.T, scene.best), strict=True):
                found[place] = Score(self.name, float(gain) / len(scene.points))
        return found

    def pick(self, rows: Sequence[Row], student: Learner | None, n: int, *, seed: int) -> Picked:
        """At most `n` rows, each for what it adds. Raises `CannotTellError` without an embedder, or where the student has no margins."""
        scene = self._scene(rows, student, seed)
        if not scene.there or n < 1:
            return Picked((), (), scene.missing)
        chosen = greedy(scene.candidates, scene.points, scene.best, min(n, len(scene.there)), _as_it_is)
        return Picked(tuple(scene.there[i] for i, _ in chosen), tuple(gain / len(scene.points) for _, gain in chosen), scene.missing)

    def _scene(self, rows: Sequence[Row], student: Learner | None, seed: int) -> Scene:
        import numpy as np

        if self.means.embedder is None:
            raise CannotTellError("there is no embedder")
        doubts = confidence(self.means).score(rows, student)
        if reasons := [m.reason for m in doubts if isinstance(m, Unscored)]:
            raise CannotTellError(reasons[0])
        vectors = self.means.embedder.embed([r.text for r in rows])
        length = np.einsum("ij,ij->i", vectors, vectors)
        there = [i for i in canonical(rows) if length[i] > 0.5]
        drawn = there if len(there) <= POINTS_OF_CHOICE else [there[i] for i in np.sort(numpy_rng(seed, "points").choice(len(there), POINTS_OF_CHOICE, replace=False))]
        weights = np.array([m.value for i in drawn if isinstance(m := doubts[i], Score)], dtype=np.float32)
        # A point's cosine times its doubt is the product with the point made as long as it is doubted.
        points = np.ascontiguousarray(vectors[drawn] * weights[:, None])
        missing = dict.fromkeys(set(range(len(rows))) - set(there), EMPTY)
        return Scene(there, np.ascontiguousarray(vectors[there]), points, self._begin(points), missing)

    def _begin(self, points: Vectors) -> Vectors:
        """How well every point is stood for by the seeds: 0 without seeds."""
        import numpy as np

        best = np.zeros(len(points), dtype=np.float32)
        if self.means.seeds and self.means.embedder:
            seeds = self.means.embedder.embed([r.text for r in self.means.seeds])
            for block in blocks(len(seeds), len(points)):
                np.maximum(best, (seeds[block] @ points.T).max(axis=0, initial=0), out=best)
        return best


def _as_it_is(products: Any) -> Any:
    return products


def representative(means: Means) -> Acquisition:
    """How many rows that the student doubts a row stands for."""
    return Representative(means)
