"""In which order people read rows, so that whoever stops early has read a fair sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from synlearner.seeding import derive, numpy_rng

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Scores are read in so many bands of equal size; rows without a score are one more.
BANDS = 3
# By task and label: id and our score of every row.
Rows = Mapping[tuple[str, str], Sequence[tuple[int, float | None]]]


def review_order(rows: Rows, seed: int) -> list[int]:
    """All ids in the order in which they are to be read.

    Tasks take turns. Within a task, every beginning of the order has labels and bands of the score in the shares that they have in the whole
    task: whoever stops early has read a fair sample. The order depends on the seed and on the rows as a set; ties between tasks go by name.
    """
    import numpy as np

    tasks = sorted({task for task, label in rows if rows[task, label]})
    if not tasks:
        return []
    drawn = [_spread({label: own for (t, label), own in rows.items() if t == task and own}, derive(seed, "review", task)) for task in tasks]
    turns = np.lexsort((np.repeat(np.arange(len(drawn)), [len(d) for d in drawn]), np.concatenate([np.arange(len(d)) for d in drawn])))
    order: list[int] = np.concatenate(drawn)[turns].tolist()
    return order


def _spread(rows: Mapping[str, Sequence[tuple[int, float | None]]], seed: int) -> NDArray[np.int64]:
    """Ids of one task: each stratum, shuffled, is laid out evenly from the beginning to the end."""
    import numpy as np

    draw = numpy_rng(seed)
    ids, places = [], []
    for _, own in sorted(rows.items()):
        for members in _bands(own):
            ids.append(draw.permutation(members))
            places.append((np.arange(len(members)) + draw.random()) / len(members))
    every = np.concatenate(ids)
    return every[np.lexsort((every, np.concatenate(places)))]


def _bands(rows: Sequence[tuple[int, float | None]]) -> list[NDArray[np.int64]]:
    """Ids by band of the score, and those without a score."""
    import numpy as np

    table = np.array(rows, dtype=float)
    ids, scores = table[:, 0].astype(np.int64), table[:, 1]
    ranked, known = ids[np.lexsort((ids, scores))], int(np.count_nonzero(~np.isnan(scores)))
    ends = [round(known * k / BANDS) for k in range(BANDS + 1)]
    return [band for band in (*(ranked[a:b] for a, b in pairwise(ends)), ranked[known:]) if len(band)]
