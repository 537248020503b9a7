"""Over the stream: how the difference of score and verdicts grows, and whether the score loses touch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

from synlearner.evaluate.bias.agreement import LEAST, SURE, Pair, correlation
from synlearner.evaluate.intervals import summed
from synlearner.records import Interval
from synlearner.seeding import derive


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


@lru_cache(maxsize=64)
def _summed(tables: tuple[tuple[int, tuple[float, ...]], ...], seed: int, level: float) -> Interval:
    """Drawn once for the same judged rows: they change with every verdict, and not with every step of a run that is being watched."""
    import numpy as np

    return summed({t: np.array([away]) for t, away in tables}, seed=seed, level=level)


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
