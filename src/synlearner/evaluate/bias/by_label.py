"""Score and verdicts by task and label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from synlearner.evaluate.bias.accepted import Whole, estimate, interval_of
from synlearner.evaluate.bias.agreement import Judged, Pair, explained, paired, rank_correlation
from synlearner.evaluate.intervals import bootstrap
from synlearner.records import Interval
from synlearner.seeding import derive


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
    return interval_of(sum(j.people for j in judged) / len(judged), len(judged), whole.rows, worth=len(judged), level=level) if judged else None


def _difference(pairs: Sequence[Pair], *, seed: int, level: float) -> Interval | None:
    return _interval(tuple(p.score - p.people for p in pairs), seed, level) if len(pairs) > 1 else None


@lru_cache(maxsize=4096)
def _interval(away: tuple[float, ...], seed: int, level: float) -> Interval:
    """Drawn once for the same judged rows: they change with every verdict, and not with every step of a run that is being watched."""
    import numpy as np

    return bootstrap(np.array(away), seed=seed, level=level)
