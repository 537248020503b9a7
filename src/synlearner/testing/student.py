"""A student that trains in a millisecond: rows in, a naive Bayes on words out. Better rows make it better, which is all a test needs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from synlearner.protocols import Fitted
from synlearner.records import Row
from synlearner.stream.specs import StudentSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT = StudentSpec(engine="word-count")
_WORD = re.compile(r"\w+", re.UNICODE)


class WordCount:
    """The recipe. There is nothing random in it: every seed gives the same student."""

    identity = "word-count 1"
    deterministic = True

    def __init__(self, spec: StudentSpec = DEFAULT) -> None:
        self.spec = spec

    def fit(self, rows: Sequence[Row], *, labels: Sequence[str], seed: int) -> Fitted:  # noqa: ARG002  (the socket's signature)
        """Count the words of each label. Raises ValueError without rows, or for a label that is not among `labels`."""
        if not rows:
            raise ValueError("a student needs rows")
        if strangers := {row.label for row in rows} - set(labels):
            raise ValueError(f"labels that were not declared: {sorted(strangers)}")
        counts: dict[str, Counter[str]] = {label: Counter() for label in labels}
        for row in rows:
            counts[row.label].update(_words(row))
        return Counted(tuple(labels), Counter(row.label for row in rows), counts)


class Counted:
    """A fitted student: log prior plus log shares of the words, each count raised by one half."""

    def __init__(self, labels: tuple[str, ...], rows: Counter[str], counts: dict[str, Counter[str]]) -> None:
        import numpy as np

        self.labels = labels
        self._places = {word: place for place, word in enumerate(sorted({w for c in counts.values() for w in c}))}
        table = np.full((len(labels), len(self._places) + 1), 0.5)
        for i, label in enumerate(labels):
            for word, count in counts[label].items():
                table[i, self._places[word]] += count
        self._weights = np.log(table / table.sum(axis=1, keepdims=True))
        self._prior = np.log(np.array([rows[label] + 0.5 for label in labels]))

    def proba(self, rows: Sequence[Row]) -> NDArray[np.float64]:
        """Shape (rows, labels); rows sum to one. Words that no training row had say nothing."""
        import numpy as np

        logs = np.array([self._log(row) for row in rows]).reshape(len(rows), len(self.labels))
        shares = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=np.float64)

    def _log(self, row: Row) -> NDArray[np.float64]:
        places = [self._places[w] for w in _words(row) if w in self._places]
        result: NDArray[np.float64] = self._prior + self._weights[:, places].sum(axis=1)
        return result


def _words(row: Row) -> list[str]:
    return _WORD.findall(row.text.casefold())
