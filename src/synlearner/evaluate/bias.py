"""Feedback bias: how far our score of a row is from what people say of it, and what their verdicts tell of the rows that nobody read.

Comes in: rows with our score (0 to 1, or None where nothing was measured) and, for some of them, how people found them: 1 accepted, 0 rejected or
wrongly labelled, between them where people differ. Goes out: an order in which rows are drawn for review; by task and label the mean difference,
rank correlation and an estimate of the share that people would accept; labels and attribute values on which the difference is another than elsewhere; its
drift over the stream; an alarm where the score loses touch.

The estimate is a control variate (Zhou, Song and Zanette 2025): theta = mean_n(z) - alpha (mean_n(s) - mean_N(s)) with verdicts z on n
rows, scores s on all N and alpha = Cov(z, s) / Var(s). Its variance is (1 - rho^2) times that of the mean verdict, so that it is worth n / (1 - rho^2)
verdicts, of which the share rho^2 is saved. The interval is Wilson's (1927) with that many rows: the textbook's symmetric one misses far too often where
nearly all rows are accepted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from statistics import NormalDist
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from synlearner.evaluate.intervals import bootstrap, summed
from synlearner.records import Interval
from synlearner.seeding import derive, numpy_rng

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Scores are read in so many bands of equal size; rows without a score are one more.
BANDS = 3
# Fewer verdicts tell too little of how score and verdict go together: the estimate is then the people's mean alone.
LEAST = 10
# How sure the alarm must be that the correlation fell somewhere in the stream, on one side.
SURE = 0.95


# By task and label: id and our score of every row.
Rows = Mapping[tuple[str, str], Sequence[tuple[int, float | None]]]


class Whole(NamedTuple):
    """All rows of a slice: how many, how many of them have a score of ours, and the sum of these."""

    rows: int
    scored: int
    total: float

    def __add__(self, other: tuple[Any, ...]) -> Whole:
        return Whole(self.rows + other[0], self.scored + other[1], self.total + other[2])


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


# ── which rows to read ──────────────────────────────────────────────────


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


# ── what the verdicts say ───────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of a task, or of one label of it (`label`), and what people say of those that they judged.

    `difference`: mean of our score minus the people's on rows that have both; `rank`: Spearman's correlation of the two; `rho2`: the share of
    the verdicts that are saved, corrected for the number of rows; `quality`: the share of all rows that people would accept.
    """

    task: str
    label: str
    rows: int
    judged: int
    unscored: int
    score: float | None
    people: float | None
    difference: Interval | None
    rank: float | None
    rho2: float | None
    quality: Interval | None

    @property
    def saved(self) -> float | None:
        """How many more verdicts would be needed for the same interval without our scores."""
        return None if self.rho2 is None else self.judged * self.rho2 / (1 - self.rho2)


def slices(judged: Sequence[Judged], wholes: Mapping[tuple[str, str], Whole], *, seed: int, level: float = 0.95) -> list[Slice]:
    """Every task, and behind it its labels, in the order of `wholes`, which has all rows by task and label."""
    found = []
    for task in dict.fromkeys(t for t, _ in wholes):
        own, parts = [j for j in judged if j.task == task], {label: w for (t, label), w in wholes.items() if t == task}
        found.append(_slice(task, "", own, sum(parts.values(), Whole(0, 0, 0.0)), seed=seed, level=level))
        found += [_slice(task, label, [j for j in own if j.label == label], w, seed=seed, level=level) for label, w in parts.items() if label and len(parts) > 1]
    return found


def _slice(task: str, label: str, judged: Sequence[Judged], whole: Whole, *, seed: int, level: float) -> Slice:
    pairs = paired(judged)
    return Slice(
        task=task,
        label=label,
        rows=whole.rows,
        judged=len(judged),
        unscored=whole.rows - whole.scored,
        score=sum(p.score for p in pairs) / len(pairs) if pairs else None,
        people=sum(j.people for j in judged) / len(judged) if judged else None,
        difference=_difference(pairs, seed=derive(seed, "bias", task, label), level=level),
        rank=rank_correlation(pairs),
        rho2=explained(pairs),
        quality=_quality(pairs, judged, whole, level),
    )


def _quality(pairs: Sequence[Pair], judged: Sequence[Judged], whole: Whole, level: float) -> Interval | None:
    """From the rows with a score; where none of the judged has one, from the verdicts alone."""
    if pairs:
        return estimate(pairs, whole, level=level)
    return _share(sum(j.people for j in judged) / len(judged), len(judged), whole.rows, worth=len(judged), level=level) if judged else None


def paired(judged: Iterable[Judged]) -> list[Pair]:
    """Score and verdict of the rows that have both."""
    return [Pair(j.score, j.people) for j in judged if j.score is not None]


def _difference(pairs: Sequence[Pair], *, seed: int, level: float) -> Interval | None:
    return _interval(tuple(p.score - p.people for p in pairs), seed, level) if len(pairs) > 1 else None


@lru_cache(maxsize=4096)
def _interval(away: tuple[float, ...], seed: int, level: float) -> Interval:
    """Drawn once for the same judged rows: they change with every verdict, and not with every step of a run that is being watched."""
    import numpy as np

    return bootstrap(np.array(away), seed=seed, level=level)


@lru_cache(maxsize=64)
def _summed(tables: tuple[tuple[int, tuple[float, ...]], ...], seed: int, level: float) -> Interval:
    """The same of a sum over tasks."""
    import numpy as np

    return summed({t: np.array([away]) for t, away in tables}, seed=seed, level=level)


def correlation(pairs: Sequence[Pair]) -> float | None:
    """Pearson's correlation; None where one side does not vary."""
    return _pearson(*_columns(pairs)) if len(pairs) > 1 else None


def rank_correlation(pairs: Sequence[Pair]) -> float | None:
    """Spearman's correlation, with equal values at their mean rank; None where one side does not vary."""
    return _pearson(*map(_ranks, _columns(pairs))) if len(pairs) > 1 else None


def explained(pairs: Sequence[Pair]) -> float | None:
    """rho^2 without what chance alone explains (the adjusted R^2, at least 0); None with few rows or where one side does not vary.

    Never above 1 - 1/n: so many rows cannot show a better score than that.
    """
    r, n = correlation(pairs), len(pairs)
    return None if r is None or n < LEAST else min(1 - 1 / n, max(0.0, 1 - (1 - r * r) * (n - 1) / (n - 2)))


def estimate(pairs: Sequence[Pair], whole: Whole, *, level: float = 0.95) -> Interval:
    """The share of all rows that people would accept, from the judged rows (drawn at random, at least one) and the scores of all rows, those of
    the judged among them. Rows without a score are not spoken of. Where `explained` is unknown it is the people's mean.
    """
    people, own = _means(pairs)
    rho2 = explained(pairs)
    value = people if rho2 is None else people - _alpha(pairs) * (own - whole.total / whole.scored)
    return _share(value, len(pairs), whole.scored, worth=len(pairs) / (1 - (rho2 or 0.0)), level=level)


def _share(value: float, judged: int, rows: int, *, worth: float, level: float) -> Interval:
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


# ── labels and attribute values ─────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Group:
    """The judged rows of a task that have one label (`name` is empty) or one value of an attribute, beside the task's other judged rows.

    `difference`: mean of our score minus the people's; `beyond`: by how much that is above the others'. `adjusted`: the chance that a group of its size, drawn
    without regard to what it is, lies so far from the others, corrected for looking at all groups of all tasks (Holm 1979).
    """

    task: str
    name: str
    value: str
    judged: int
    others: int
    difference: float
    beyond: float
    adjusted: float

    @property
    def odd(self) -> bool:
        """Whether the difference is more than chance explains, over all groups at 1 - SURE."""
        return self.adjusted <= 1 - SURE


def groups(judged: Sequence[Judged]) -> list[Group]:
    """Every label and attribute value that at least LEAST judged rows have and as many of the same task have not, in the order in which they come.

    The mean of a group drawn from the task's rows has variance s^2 (N - n) / (n N), and nearly a normal distribution (Wald and Wolfowitz 1944).
    """
    found = [(g, chance) for task in dict.fromkeys(j.task for j in judged) for g, chance in _groups_of(task, [j for j in judged if j.task == task and j.score is not None])]
    return [replace(group, adjusted=p) for (group, _), p in zip(found, holm([chance for _, chance in found]), strict=True)]


def _groups_of(task: str, judged: Sequence[Judged]) -> Iterator[tuple[Group, float]]:
    import numpy as np

    away = np.array([(j.score or 0.0) - j.people for j in judged])
    members: dict[tuple[str, str], list[int]] = {}
    for i, j in enumerate(judged):
        for name, value in [("", j.label), *j.attributes.items()]:
            if value:
                members.setdefault((name, value), []).append(i)
    for (name, value), own in members.items():
        n, others = len(own), len(judged) - len(own)
        if min(n, others) < LEAST or not float(np.ptp(away)):
            continue
        here, elsewhere = float(away[own].mean()), float(np.delete(away, own).mean())
        error = math.sqrt(float(away.var(ddof=1)) * others / (n * len(judged)))
        chance = 2 * NormalDist().cdf(-abs(here - float(away.mean())) / error)
        yield Group(task, name, value, n, others, here, here - elsewhere, chance), chance


def holm(chances: Sequence[float]) -> list[float]:
    """Each chance corrected for all of them (Holm 1979): none at most q means that any is wrong with a chance of at most q."""
    found, worst = [1.0] * len(chances), 0.0
    for rank, i in enumerate(sorted(range(len(chances)), key=lambda i: chances[i])):
        worst = max(worst, min(1.0, (len(chances) - rank) * chances[i]))
        found[i] = worst
    return found


# ── over the stream ─────────────────────────────────────────────────────


def mean_difference(by_task: Sequence[Sequence[Pair]], *, seed: int, level: float = 0.95) -> Interval | None:
    """The mean over the judged tasks of our score minus the people's; None where no task has two such rows."""
    kept = [[p.score - p.people for p in pairs] for pairs in by_task if len(pairs) > 1]
    tables = tuple((t, tuple(d / len(kept) for d in away)) for t, away in enumerate(kept))
    return _summed(tables, derive(seed, "bias", "mean"), level) if kept else None


def drift(by_task: Sequence[Sequence[Pair]], *, seed: int, level: float = 0.95) -> Interval | None:
    """How much our score minus the people's grows from one task to the next: the slope over the judged rows, tasks in the order of the stream.

    None with fewer than two tasks that have at least two such rows.
    """
    import numpy as np

    kept = {t: np.array([[p.score - p.people for p in pairs]]) for t, pairs in enumerate(by_task) if len(pairs) > 1}
    if len(kept) < 2:
        return None
    sizes, places = np.array([d.shape[1] for d in kept.values()], dtype=float), np.array(list(kept), dtype=float)
    away = places - sizes @ places / sizes.sum()
    weights = sizes * away / (sizes @ away**2)
    tables = tuple((t, tuple((w * d).ravel().tolist())) for (t, d), w in zip(kept.items(), weights, strict=True))
    return _summed(tables, derive(seed, "bias", "drift"), level)


@dataclass(frozen=True, slots=True)
class Touch:
    """rho^2 of a task beside that of the tasks before it; `alarm`: the correlation fell by more than chance explains."""

    before: float
    now: float
    alarm: bool


def touch(by_task: Sequence[Sequence[Pair]]) -> list[Touch | None]:
    """For each task whether the score still goes with the verdicts as it did before; None where there is nothing to compare.

    Correlations are compared as Fisher's z (1921), whose variance is 1 / (n - 3); those of the earlier tasks are averaged by n - 3.
    A false alarm on any task of the stream has a chance of at most 1 - SURE (Bonferroni).
    """
    known = [(r, len(pairs) - 3) if (r := correlation(pairs)) is not None and len(pairs) >= LEAST else None for pairs in by_task]
    sure = 1 - (1 - SURE) / max(1, sum(k is not None for k in known) - 1)
    found: list[Touch | None] = []
    weight = total = 0.0
    for one in known:
        if one is None:
            found.append(None)
            continue
        z, n = math.atanh(max(-0.999, min(0.999, one[0]))), one[1]
        found.append(_touch(total / weight, z, 1 / weight + 1 / n, sure) if weight else None)
        weight, total = weight + n, total + n * z
    return found


def _touch(before: float, now: float, variance: float, sure: float) -> Touch:
    fell = (before - now) / math.sqrt(variance) > NormalDist().inv_cdf(sure)
    return Touch(math.tanh(before) ** 2, math.tanh(now) ** 2, fell)


# ── columns ─────────────────────────────────────────────────────────────


def _columns(pairs: Sequence[Pair]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    import numpy as np

    table = np.asarray(pairs, dtype=float).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _means(pairs: Sequence[Pair]) -> tuple[float, float]:
    """Of the people's and of our score."""
    scores, people = _columns(pairs)
    return float(people.mean()), float(scores.mean())


def _alpha(pairs: Sequence[Pair]) -> float:
    scores, people = _columns(pairs)
    away = scores - scores.mean()
    return float(away @ people / (away @ away))


def _pearson(first: NDArray[np.float64], second: NDArray[np.float64]) -> float | None:
    a, b = first - first.mean(), second - second.mean()
    size = math.sqrt(float(a @ a) * float(b @ b))
    return max(-1.0, min(1.0, float(a @ b) / size)) if size > 1e-12 else None


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[inverse], dtype=float)
