"""Rows that people judged, and how far our score goes with their verdicts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Fewer verdicts tell too little of how score and verdict go together: the estimate is then the people's mean alone.
LEAST = 10
# How sure the alarm must be that the correlation fell somewhere in the stream, on one side.
SURE = 0.95


class Judged(NamedTuple):
    """A row that people judged, with the attribute values that it was asked for with."""

    task: str
    label: str
    score: float | None
    people: float
    attributes: Mapping[str, str] = MappingProxyType({})


class Pair(NamedTuple):
    """Our score and the people's, of one row."""

    score: float
    people: float


def paired(judged: Iterable[Judged]) -> list[Pair]:
    """Score and verdict of the rows that have both."""
    return [Pair(j.score, j.people) for j in judged if j.score is not None]


def correlation(pairs: Sequence[Pair]) -> float | None:
    """Pearson's correlation; None where one side does not vary."""
    return _pearson(*columns(pairs)) if len(pairs) > 1 else None


def rank_correlation(pairs: Sequence[Pair]) -> float | None:
    """Spearman's correlation, with equal values at their mean rank; None where one side does not vary."""
    return _pearson(*map(_ranks, columns(pairs))) if len(pairs) > 1 else None


def explained(pairs: Sequence[Pair]) -> float | None:
    """rho^2 without what chance alone explains (the adjusted R^2, at least 0); None with few rows or where one side does not vary.

    Never above 1 - 1/n: so many rows cannot show a better score than that.
    """
    r, n = correlation(pairs), len(pairs)
    return None if r is None or n < LEAST else min(1 - 1 / n, max(0.0, 1 - (1 - r * r) * (n - 1) / (n - 2)))


def columns(pairs: Sequence[Pair]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Our scores and the people's, each (pairs,)."""
    import numpy as np

    table = np.asarray(pairs, dtype=float).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _pearson(first: NDArray[np.float64], second: NDArray[np.float64]) -> float | None:
    a, b = first - first.mean(), second - second.mean()
    size = math.sqrt(float(a @ a) * float(b @ b))
    return max(-1.0, min(1.0, float(a @ b) / size)) if size > 1e-12 else None


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[inverse], dtype=float)
