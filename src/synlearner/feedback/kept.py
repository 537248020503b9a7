"""Scores that are asked for again: kept by student, function and row, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b

from synlearner.protocols import Acquisition, Keyed, Learner, Level
from synlearner.records import Measurement, Row, Score


class Cache:
    """The last `size` scores by student, function and content of the row; about 200 bytes each. What could not be measured is not kept."""

    def __init__(self, size: int = 500_000) -> None:
        self.size, self.hits, self.misses = size, 0, 0
        self._kept: OrderedDict[bytes, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: bytes) -> float | None:
        found = self._kept.get(key)
        if found is None:
            self.misses += 1
        else:
            self.hits += 1
            self._kept.move_to_end(key)
        return found

    def put(self, key: bytes, value: float) -> None:
        self._kept[key] = value
        if len(self._kept) > self.size:
            self._kept.popitem(last=False)


class Kept:
    """An acquisition function of single rows that asks a cache first, where the student has a `key`."""

    level: Level = "sample"

    def __init__(self, of: Acquisition, cache: Cache) -> None:
        if of.level != "sample":
            raise ValueError(f"{of.name} depends on the rows that are scored together and cannot be kept row by row")
        self._of, self._cache = of, cache
        self.name, self.identity, self.bounds = of.name, of.identity, of.bounds

    def score(self, rows: Sequence[Row], student: Learner | None) -> list[Measurement]:
        """What the cache has, and of the other rows, each once, what the function says."""
        if not isinstance(student, Keyed):
            return self._of.score(rows, student)
        keys = [_key(student.key, self.identity, row) for row in rows]
        found: dict[bytes, Measurement] = {key: Score(self.name, value) for key in set(keys) if (value := self._cache.get(key)) is not None}
        new = {key: row for key, row in zip(keys, rows, strict=True) if key not in found}
        for key, measured in zip(new, self._of.score(list(new.values()), student), strict=True):
            found[key] = measured
            if isinstance(measured, Score):
                self._cache.put(key, measured.value)
        return [found[key] for key in keys]


def _key(student: str, function: str, row: Row) -> bytes:
    parts = (student, function, row.label, *(part for pair in row.fields.items() for part in pair))
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()
