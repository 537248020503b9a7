"""Texts that were there before: an index that texts are held against and added to, one after the other.

Exact duplicates are equal up to case, white space and punctuation. Near-duplicates are found with MinHash and locality-sensitive hashing
over word pairs and then confirmed by the exact Jaccard similarity, so that a reported similarity is never an estimate; of those above
the threshold a few may be missed, none is invented. Texts of several fields are near-duplicates when each of their fields is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from synlearner.feedback.sketches import Sketches
from synlearner.feedback.words import jaccard, plain_form, shingles

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Twin:
    """The earlier text that a text repeats, by name, and how similar the two are: 1 for exact ones."""

    name: str
    similarity: float
    exact: bool


@dataclass(frozen=True, slots=True)
class Look:
    """A text prepared for comparison: its fields, their normal form, the word pairs of each field, and the sketch of all of them, where near ones are looked for."""

    fields: tuple[str, ...]
    plain: str
    parts: tuple[frozenset[str], ...]
    sketch: NDArray[np.uint64] | None


class Seen:
    """The index. `near` is the Jaccard similarity from which texts are near-duplicates; 1 looks for exact ones only.

    Same texts in the same order give the same answers.
    """

    def __init__(self, near: float = 0.8) -> None:
        self.near = near
        self._exact: dict[str, str] = {}
        self._names: list[str] = []
        self._fields: list[tuple[str, ...]] = []

    @cached_property
    def _sketches(self) -> Sketches | None:
        return Sketches(max(self.near, 0.1)) if self.near < 1 else None

    def __len__(self) -> int:
        return len(self._names)

    def look(self, fields: Sequence[str]) -> Look:
        """Prepare a text, given by its fields."""
        parts = tuple(shingles(f) for f in fields)
        sketch = self._sketches.sketch(frozenset().union(*parts)) if self._sketches else None
        return Look(tuple(fields), "\n".join(plain_form(f) for f in fields), parts, sketch)

    def twin(self, look: Look) -> Twin | None:
        """The first text of the index that this one repeats: an exact one before a near one."""
        if (name := self._exact.get(look.plain)) is not None:
            return Twin(name, 1.0, exact=True)
        for place in self._sketches.candidates(look.sketch) if self._sketches and look.sketch is not None else ():
            if (similarity := similar(look.parts, [shingles(f) for f in self._fields[place]])) >= self.near:
                return Twin(self._names[place], similarity, exact=False)
        return None

    def add(self, name: str, look: Look) -> None:
        """Remember a text under a name that people can find it by."""
        self._exact.setdefault(look.plain, name)
        if self._sketches and look.sketch is not None:
            self._sketches.add(look.sketch)
        self._fields.append(look.fields)
        self._names.append(name)


def similar(a: Sequence[frozenset[str]], b: Sequence[frozenset[str]]) -> float:
    """The Jaccard similarity of the least similar field; of all fields together when their numbers differ."""
    if len(a) == len(b):
        return min(jaccard(x, y) for x, y in zip(a, b, strict=True))
    return jaccard(frozenset().union(*a), frozenset().union(*b))
