"""Whether a row repeats a gold row of any task of the stream: gold rows go in, matches come out, and nothing else of gold does.

A match is an exact copy (up to case, white space and punctuation), a shared run of 13 words (8 when one of the two texts is short), or a
near-duplicate by the Jaccard similarity of word pairs. n-grams are hashed for the search and compared word by word before they count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING

from synlearner.feedback.duplicates import Seen, Twin
from synlearner.feedback.words import ngrams, words
from synlearner.records import Row
from synlearner.seeding import content_hash

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

LONG_RUN, SHORT_RUN = 13, 8
SHORT_TEXT = 2 * LONG_RUN
_BASE = 0x9E3779B97F4A7C15


@dataclass(frozen=True, slots=True)
class Match:
    """A gold row that a text repeats: its task, its id, and what is shared ("exact", the run of words, or the similarity)."""

    task: str
    gold: str
    kind: str
    shared: str

    def __str__(self) -> str:
        return f"{self.kind} with gold row {self.gold!r} of task {self.task!r}" + (f": {self.shared}" if self.shared else "")


class GoldIndex:
    """Every gold set of a stream, searchable. Build it once and use it for all tasks. `identity` names its content and threshold."""

    def __init__(self, golds: Mapping[str, Sequence[Row]], *, near: float = 0.8) -> None:
        self.identity = content_hash([near, {task: [[r.id, dict(r.fields)] for r in rows] for task, rows in golds.items()}])
        self._rows = [(task, row) for task, rows in golds.items() for row in rows]
        self._near_to = near

    @cached_property
    def _seen(self) -> Seen:
        seen = Seen(self._near_to)
        for place, (_, row) in enumerate(self._rows):
            seen.add(str(place), seen.look(list(row.fields.values())))
        return seen

    @cached_property
    def _texts(self) -> list[list[str]]:
        return [words(row.text) for _, row in self._rows]

    @cached_property
    def _lengths(self) -> list[int]:
        return [len(t) for t in self._texts]

    @cached_property
    def _runs(self) -> dict[int, tuple[Hashes, NDArray[np.int32]]]:
        return {n: _index(self._texts, n) for n in (LONG_RUN, SHORT_RUN)}

    def match(self, fields: Sequence[str]) -> Match | None:
        """The first gold row that a text repeats, given by its fields; exact copies before runs of words before near-duplicates."""
        twin = self._seen.twin(self._seen.look(fields))
        if twin and twin.exact:
            return self._told(int(twin.name), "exact copy", "")
        tokens = words("\n".join(fields))
        mine = _run_hashes([_word_hash(w) for w in tokens], SHORT_RUN)
        # Whoever shares a long run shares the short one that it begins with.
        found = self._run(tokens, LONG_RUN) or self._run(tokens, SHORT_RUN) if self._known(mine) else None
        return found or self._near(twin)

    def _known(self, mine: Hashes) -> bool:
        hashes, _ = self._runs[SHORT_RUN]
        return bool(len(hashes)) and bool((hashes.take(hashes.searchsorted(mine), mode="clip") == mine).any())

    def _told(self, place: int, kind: str, shared: str) -> Match:
        task, row = self._rows[place]
        return Match(task, row.id, kind, shared)

    def _near(self, twin: Twin | None) -> Match | None:
        return self._told(int(twin.name), "near-duplicate", f"similarity {twin.similarity:.2f}") if twin else None

    def _run(self, tokens: Sequence[str], n: int) -> Match | None:
        hashes, places = self._runs[n]
        mine = _run_hashes([_word_hash(w) for w in tokens], n)
        starts, ends = hashes.searchsorted(mine, "left"), hashes.searchsorted(mine, "right")
        for at, (low, high) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            for place in places[low:high].tolist():
                # A short run counts only where a long one could hardly be.
                fits = n == LONG_RUN or min(len(tokens), self._lengths[place]) < SHORT_TEXT
                run = tuple(tokens[at : at + n])
                if fits and run in ngrams(words(self._rows[place][1].text), n):
                    return self._told(place, f"{n}-gram", repr(" ".join(run)))
        return None


@lru_cache(maxsize=1 << 14)
def _word_hash(word: str) -> int:
    return int.from_bytes(blake2b(word.encode("utf-8", "replace"), digest_size=8).digest(), "little")


def _run_hashes(hashed: Sequence[int], n: int) -> Hashes:
    """One 64-bit hash for each run of n words: Σ word · base^position, modulo 2^64."""
    import numpy as np

    if len(hashed) < n:
        return np.zeros(0, dtype=np.uint64)
    codes = np.array(hashed, dtype=np.uint64)
    powers = np.uint64(_BASE) ** np.arange(n - 1, -1, -1, dtype=np.uint64)
    return np.lib.stride_tricks.sliding_window_view(codes, n) @ powers


def _index(texts: Sequence[Sequence[str]], n: int) -> tuple[Hashes, NDArray[np.int32]]:
    """Sorted hashes of all runs of all texts, and the number of the text that each comes from."""
    import numpy as np

    codes = _codes(texts)
    ends = np.cumsum([0, *map(len, texts)])
    runs = [_run_hashes(codes[a:b], n) for a, b in pairwise(ends.tolist())]
    places = np.repeat(np.arange(len(runs), dtype=np.int32), [len(r) for r in runs])
    hashes = np.concatenate([*runs, np.zeros(0, dtype=np.uint64)])
    order = np.argsort(hashes, kind="stable")
    return hashes[order], places[order]


def _codes(texts: Iterable[Sequence[str]]) -> list[int]:
    """Hashes of all words one after the other; each different word is hashed once."""
    known: dict[str, int] = {}
    return [known[w] if w in known else known.setdefault(w, _word_hash(w)) for text in texts for w in text]
