"""The share of all rows that people would accept, from some verdicts and all scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

from synlearner.evaluate.bias.agreement import Pair, columns, explained
from synlearner.records import Interval


class Whole(NamedTuple):
    """All rows of a slice: how many, how many of them have a score of ours, and the sum of these."""

    rows: int
    scored: int
    total: float

    def __add__(self, other: tuple[Any, ...]) -> Whole:
        return Whole(self.rows + other[0], self.scored + other[1], self.total + other[2])


def estimate(pairs: Sequence[Pair], whole: Whole, *, level: float = 0.95) -> Interval:
    """The share of all rows that people would accept, from the judged rows (drawn at random, at least one) and the scores of all rows, those of
    the judged among them. Rows without a score are not spoken of. Where `explained` is unknown it is the people's mean.
    """
    people, own = _means(pairs)
    rho2 = explained(pairs)
    value = people if rho2 is None else people - _alpha(pairs) * (own - whole.total / whole.scored)
    return interval_of(value, len(pairs), whole.scored, worth=len(pairs) / (1 - (rho2 or 0.0)), level=level)


def interval_of(value: float, judged: int, rows: int, *, worth: float, level: float) -> Interval:
    """The interval of a share that is worth so many judged rows, when `judged` of the rows were read."""
    value, unread = min(1.0, max(0.0, value)), 1 - judged / rows
    low, high = wilson(value, worth / unread, level) if unread > 0 else (value, value)
    return Interval(value, low, high, level, judged)


def wilson(share: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a share of n rows; n need not be whole."""
    q = NormalDist().inv_cdf((1 + level) / 2)
    middle, half = share + q * q / (2 * n), q * math.sqrt(share * (1 - share) / n + q * q / (4 * n * n))
    low, high = (middle - half) / (1 + q * q / n), (middle + half) / (1 + q * q / n)
    return max(0.0, min(share, low)), min(1.0, max(share, high))


def _means(pairs: Sequence[Pair]) -> tuple[float, float]:
    """Of the people's and of our score."""
    scores, people = columns(pairs)
    return float(people.mean()), float(scores.mean())


def _alpha(pairs: Sequence[Pair]) -> float:
    scores, people = columns(pairs)
    away = scores - scores.mean()
    return float(away @ people / (away @ away))
