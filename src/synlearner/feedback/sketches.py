"""Which earlier texts may resemble a text: MinHash sketches cut into bands (Broder 1997; Leskovec, Rajaraman and Ullman, *Mining of Massive Datasets*, 3.4).

Sets of words come in, places of earlier sets that share a band go out. A place is a candidate and no more: whoever asks compares the sets
themselves. The index holds numbers alone, twelve bytes for each band of a set, so that a hundred thousand texts stay small.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from synlearner.seeding import numpy_rng

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Keys = NDArray[np.uint64]

PERMUTATIONS = 128
# Candidates are confirmed, so a false one costs a moment and a missed one a duplicate.
_FALSE, _MISSED = 0.1, 0.9
# Sets that are held by hand before they are sorted into the others: so many, or this share of them.
_RECENT, _SHARE = 1024, 4


class Sketches:
    """The index for sets whose Jaccard similarity is at least about `threshold`. Same sets in the same order give the same candidates."""

    def __init__(self, threshold: float) -> None:
        import numpy as np

        self._bands, self._width = bands_for(threshold)
        draws = numpy_rng(0, "sketches")
        full = 2**64
        # Multiply-shift hashing (Dietzfelbinger et al. 1997): odd factors, the upper half of the product.
        self._factors = draws.integers(full // 2, size=(self._bands * self._width, 1), dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        self._shifts = draws.integers(full - 1, size=(self._bands * self._width, 1), dtype=np.uint64)
        self._mix = draws.integers(full // 2, size=self._width, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        self._salt = draws.integers(full - 1, size=self._bands, dtype=np.uint64)
        self._keys: Keys = np.empty(0, dtype=np.uint64)
        self._places: NDArray[np.uint32] = np.empty(0, dtype=np.uint32)
        self._recent: dict[int, list[int]] = {}
        self._sorted, self._many = 0, 0

    def sketch(self, items: Iterable[str]) -> Keys:
        """The bands of a set that is not empty, one number each: shape (bands,)."""
        import numpy as np

        hashes = np.array([zlib.crc32(item.encode("utf-8", "replace")) for item in items], dtype=np.uint64)
        least = ((self._factors * hashes + self._shifts) >> np.uint64(32)).min(axis=1)
        found: Keys = (least.reshape(self._bands, self._width) * self._mix).sum(axis=1, dtype=np.uint64) + self._salt
        return found

    def candidates(self, bands: Keys) -> list[int]:
        """Places of sets that share a band, in their order."""
        begins, ends = self._keys.searchsorted(bands, "left").tolist(), self._keys.searchsorted(bands, "right").tolist()
        found = {place for a, b in zip(begins, ends, strict=True) if a < b for place in self._places[a:b].tolist()}
        found.update(*(self._recent[key] for key in bands.tolist() if key in self._recent))
        return sorted(found)

    def add(self, bands: Keys) -> None:
        """A set at the next place."""
        for key in bands.tolist():
            self._recent.setdefault(key, []).append(self._many)
        self._many += 1
        if self._many - self._sorted >= max(_RECENT, self._sorted // _SHARE):
            self._sort()

    def _sort(self) -> None:
        import numpy as np

        new = [(key, place) for key, places in self._recent.items() for place in places]
        keys = np.concatenate([self._keys, np.array([key for key, _ in new], dtype=np.uint64)])
        places = np.concatenate([self._places, np.array([place for _, place in new], dtype=np.uint32)])
        order = keys.argsort(kind="stable")
        self._keys, self._places = keys[order], places[order]
        self._recent, self._sorted = {}, self._many


@lru_cache
def bands_for(threshold: float) -> tuple[int, int]:
    """How many bands of how many permutations err least about a threshold, by the areas of what is found below it and missed above it."""
    import numpy as np

    below, above = (np.linspace(a, b, 101) for a, b in ((0.0, threshold), (threshold, 1.0)))

    def error(bands: int, width: int) -> float:
        shared: Any = lambda similarity: 1 - (1 - similarity**width) ** bands  # noqa: E731
        return float(_FALSE * shared(below).mean() * threshold + _MISSED * (1 - shared(above)).mean() * (1 - threshold))

    return min(((b, w) for b in range(1, PERMUTATIONS + 1) for w in range(1, PERMUTATIONS // b + 1)), key=lambda pair: error(*pair))
