"""A trained linear student, with all that it can tell of rows in closed form: probabilities, its last (and only) layer, a committee."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from synlearner.records import LastLayer, Row
from synlearner.seeding import content_hash, numpy_rng

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Features = Callable[[Sequence[Row]], Any]
# Members of a committee.
MEMBERS = 8


def key_of(recipe: str, rows: Sequence[Row], labels: Sequence[str], seed: int) -> str:
    """What a fitted student is called: its recipe, what it learnt from, and the seed where that matters."""
    return content_hash([recipe, [[list(r.fields.values()), r.label] for r in rows], list(labels), seed])


class Linear:
    """Logistic regression on features of rows. `known` are the columns of labels that it has seen; `training` are its features and targets.

    The features of the rows that it was asked about last are kept, for several questions about the same rows.
    """

    def __init__(
        self, labels: tuple[str, ...], known: tuple[int, ...], features: Callable[[Sequence[Row]], Any], model: Any, training: tuple[Any, Sequence[int]], *, key: str
    ) -> None:
        self.labels, self.known, self.key = labels, known, key
        self._features, self._model, self._training = features, model, training
        self._last: tuple[list[tuple[str, ...]], Any] = ([], None)

    def proba(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """Shape (rows, labels); rows sum to one; a label that was not among the training rows has probability zero."""
        return self._table(self._model.predict_proba(self._matrix(rows))) if rows else self._table(None)

    def last_layer(self, rows: Sequence[Row]) -> LastLayer:
        """The features and the probabilities of the labels that it knows; the same layer for two labels as for more, with one column of weights each."""
        import numpy as np

        matrix = self._matrix(rows)
        return LastLayer(matrix, np.asarray(self._model.predict_proba(matrix), dtype=np.float64), self.known)

    def committee(self, rows: Sequence[Row]) -> Iterator[NDArray[np.float64]]:
        """Members of a Bayesian bootstrap: the same regression with exponential weights on the training rows (Rubin, Annals of Statistics 1981)."""
        for member in self._members if rows else ():
            yield self._table(member.predict_proba(self._matrix(rows)))

    @cached_property
    def _members(self) -> list[Any]:
        from sklearn.base import clone

        matrix, targets = self._training
        draws = [numpy_rng(0, "committee", i).exponential(size=len(targets)) for i in range(MEMBERS)]
        return [clone(self._model).fit(matrix, targets, sample_weight=weights) for weights in draws]

    def _matrix(self, rows: Sequence[Row]) -> Any:
        texts = [tuple(r.fields.values()) for r in rows]
        if self._last[0] != texts:
            self._last = (texts, self._features(rows))
        return self._last[1]

    def _table(self, known: Any) -> NDArray[np.float64]:
        import numpy as np

        table = np.zeros((0 if known is None else len(known), len(self.labels)))
        if known is not None:
            table[:, list(self.known)] = known
        return table
