"""BADGE: a batch of rows whose gradients are long and point in different ways (arXiv 1906.03671). Rows and a student go in, places go out.

k-means++ on gradient embeddings g = (p − y) ⊗ (x, constant) of the last layer, y being the label that the student itself finds most likely, so that rows need no label. Products of
embeddings are products of their parts, (r·r')(x·x' + constant²): no embedding is ever made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synlearner.feedback import last_layer
from synlearner.feedback.acquisition import NO_STUDENT, CannotTellError, Found, Function, Means
from synlearner.feedback.spread import canonical
from synlearner.protocols import Acquisition, Headed, Learner, Level
from synlearner.records import LastLayer, Measurement, Picked, Row
from synlearner.seeding import numpy_rng

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

# Rows that are drawn together, and the share of the first squared length below which a set has no further direction.
TOGETHER, NOTHING = 64, 1e-9


@dataclass(frozen=True, slots=True)
class Badge:
    """As a score, the length of the gradient embedding; as a set, k-means++ from the longest one."""

    name: str = "badge"
    identity: str = "badge"
    level: Level = "sample"
    bounds: tuple[float, float] | None = None

    def score(self, rows: Sequence[Row], student: Learner | None) -> list[Measurement]:
        def compute(rows: Sequence[Row], student: Learner | None) -> Found:
            layer = _layer(rows, student)
            return last_layer.gradient_norms(layer, layer.proba.argmax(axis=1)), {}

        return Function(self.name, self.identity, compute).score(rows, student)

    def pick(self, rows: Sequence[Row], student: Learner | None, n: int, *, seed: int) -> Picked:
        """At most `n` rows, fewer where the gradients have fewer directions; what a row adds is its distance to the nearest chosen gradient."""
        if not rows or n < 1:
            return Picked((), ())
        order = canonical(rows)
        layer = _layer([rows[i] for i in order], student)
        chosen, gains = plus_plus(layer, last_layer.residuals(layer, layer.proba.argmax(axis=1)), min(n, len(rows)), seed)
        return Picked(tuple(order[i] for i in chosen), tuple(gains))


def badge(_: Means) -> Acquisition:
    """Gradient embeddings of the last layer."""
    return Badge()


def _layer(rows: Sequence[Row], student: Learner | None) -> LastLayer:
    if not isinstance(student, Headed):
        raise CannotTellError(NO_STUDENT if student is None else "the student does not show its last layer")
    return student.last_layer(rows)


def plus_plus(layer: LastLayer, r: Values, n: int, seed: int) -> tuple[list[int], list[float]]:
    """k-means++ from the longest gradient: each further row is drawn ∝ its squared distance to the nearest chosen one.

    Rows are drawn many at a time by distances that are not up to date. Distances only shrink, so that taking such a draw with the probability
    (distance now)/(distance then) draws exactly as one by one would, and the distances of all rows are renewed by one product for many.
    """
    import numpy as np

    draw = numpy_rng(seed, "badge")
    squares = np.einsum("ij,ij->i", r, r) * last_layer.lengths(layer)
    chosen, gains = [int(squares.argmax())], [float(np.sqrt(squares.max()))]
    far = _distances(layer, r, squares, np.array(chosen)).min(axis=1)
    while len(chosen) < n and (total := far.sum()) > NOTHING * squares.max() * len(far):
        places = np.searchsorted(np.cumsum(far), draw.random(min(TOGETHER, n - len(chosen))) * total).clip(max=len(far) - 1)
        between = _distances(_rows(layer, places), r[places], squares[places], np.arange(len(places)))
        taken: list[int] = []
        for i, (place, luck) in enumerate(zip(places, draw.random(len(places)), strict=True)):
            now = min(float(far[place]), *(float(between[i, j]) for j in taken)) if taken else float(far[place])
            if luck * far[place] < now:
                taken.append(i)
                gains.append(float(np.sqrt(now)))
        chosen += places[taken].tolist()
        far = np.minimum(far, _distances(layer, r, squares, places[taken]).min(axis=1))
    return chosen, gains


def _rows(layer: LastLayer, places: Any) -> LastLayer:
    return last_layer.part(layer, places)


def _distances(layer: LastLayer, r: Values, squares: Values, centres: Any) -> Values:
    """Squared distances of all gradients to those of some rows, (rows, centres); 0 for a row to itself."""
    import numpy as np

    found = last_layer.products(layer.features, layer.features[centres])
    found = (found + layer.constant**2) * (r @ r[centres].T)
    found = squares[:, None] + squares[centres] - 2 * found
    found[centres, np.arange(len(centres))] = 0
    clipped: Values = np.maximum(found, 0, out=found)
    return clipped
