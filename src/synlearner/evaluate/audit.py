"""Does a score mean anything? Rows are cut into buckets by their score, a student learns from each bucket, and what it gains is held against the score.

Comes in: scores, and for each repeat and bucket which development rows a student got right. Goes out: `Interval`s of rank correlations and of differences.

Repeats share no training row, but answer the same development rows: two crossed clusters. Each round of the bootstrap draws development rows once for all repeats, and gives
random weights to the repeats (Student's t with R - 1 degrees of freedom, as a few repeats say little about their own spread); the sum is scaled to the variance for two crossed
clusters, rows plus repeats minus what they share (Cameron, Gelbach and Miller 2011). Limits are percentiles of the rounds around the estimate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from synlearner.evaluate.clusters import crossed
from synlearner.records import Interval
from synlearner.seeding import content_hash, numpy_rng

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

Kind = Literal["spearman", "kendall"]
Verdict = Literal["worth it", "no evidence", "misleading", "unmeasured"]


# ── buckets ─────────────────────────────────────────────────────────────


def buckets(values: Sequence[float], strata: Sequence[str], names: Sequence[str], count: int, *, seed: int) -> list[list[int]]:
    """Places of rows in `count` buckets, the lowest values first. Every bucket has equally many rows of each stratum, those of the stratum's own quantile.

    What a stratum has beyond a multiple of `count` is left out by chance, and equal values are ordered by chance. Chance depends on the `names` of rows, which must
    differ, and not on their order.
    """
    chance = {name: content_hash([seed, name]) for name in names}
    found: list[list[int]] = [[] for _ in range(count)]
    for stratum in sorted(set(strata)):
        places = sorted((i for i, s in enumerate(strata) if s == stratum), key=lambda i: chance[names[i]])
        stay = sorted(places[: len(places) // count * count], key=lambda i: (values[i], chance[names[i]]))
        size = len(stay) // count
        for number in range(count):
            found[number] += stay[number * size : (number + 1) * size]
    return found


def parts(strata: Sequence[str], names: Sequence[str], count: int, *, seed: int) -> list[list[int]]:
    """Places of rows in `count` parts without a common row, as equal as can be, in size and within each stratum; chance as in `buckets`."""
    chance = {name: content_hash([seed, "part", name]) for name in names}
    order = sorted(range(len(names)), key=lambda i: (strata[i], chance[names[i]]))
    return [order[number::count] for number in range(count)]


# ── rank correlation ────────────────────────────────────────────────────


def rank_correlation(x: Any, y: Any, kind: Kind = "spearman") -> Values:
    """Spearman's rho or Kendall's tau-b along the last axis; leading axes are broadcast.

    Not-a-number where `x` has one value only. Where `y` has one value only, nothing goes with x: 0.
    """
    import numpy as np

    a, b = (_centred_ranks if kind == "spearman" else _signs)(x), (_centred_ranks if kind == "spearman" else _signs)(y)
    lengths = np.sqrt((a * a).sum(axis=-1)), np.sqrt((b * b).sum(axis=-1))
    together = (a * b).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Values = np.where(lengths[1] > 0, together / (lengths[0] * np.where(lengths[1] > 0, lengths[1], 1)), 0.0)
    clipped: Values = np.where(lengths[0] > 0, np.clip(found, -1, 1), np.nan)
    return clipped


def _centred_ranks(values: Any) -> Values:
    import numpy as np
    from scipy.stats import rankdata

    ranks = rankdata(np.asarray(values, dtype=np.float64), axis=-1)
    centred: Values = ranks - ranks.mean(axis=-1, keepdims=True)
    return centred


def _signs(values: Any) -> Values:
    """The sign of every pair's difference."""
    import numpy as np

    x = np.asarray(values, dtype=np.float64)
    first, second = np.triu_indices(x.shape[-1], 1)
    return np.sign(x[..., first] - x[..., second])


def agreement(scores: Mapping[str, Sequence[float | None]]) -> dict[tuple[str, str], float | None]:
    """Spearman's rho of every two functions over the rows that both scored; None where there are fewer than three, or one of them always says the same."""
    import numpy as np

    found: dict[tuple[str, str], float | None] = {}
    for a, first in scores.items():
        for b, second in scores.items():
            both = [(x, y) for x, y in zip(first, second, strict=True) if x is not None and y is not None]
            x, y = (np.array(side) for side in zip(*both, strict=True)) if both else (np.array([]), np.array([]))
            apart = len(both) > 2 and np.ptp(x) > 0 and np.ptp(y) > 0
            found[a, b] = float(rank_correlation(x, y)) if apart else None
    return found


# ── score against gain ──────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Trial:
    """What was measured of a function. `scores` (repeats, buckets): mean score of each bucket, the lowest first. `gains` (repeats, buckets, development rows):
    right after learning seeds and bucket minus right after the seeds alone.
    """

    scores: Values
    gains: Values

    @property
    def by_bucket(self) -> Values:
        """Mean gain of each bucket, shape (buckets,)."""
        means: Values = self.gains.mean(axis=(0, 2))
        return means


def association(trials: Sequence[Trial], *, kind: Kind = "spearman", seed: int, rounds: int = 1000, level: float = 0.95) -> Interval | None:
    """Rank correlation of bucket score and gain within each repeat, averaged over the repeats and then over the `trials` (one for each task; equally many repeats).

    Noise of the gains draws it towards 0. None where some bucket scores are all equal, or without trials.
    """
    import numpy as np

    tables = [rank_correlation(t.scores, t.gains.mean(axis=2), kind) for t in trials]
    if not trials or any(np.isnan(v).any() for v in tables):
        return None
    rows = [_resampled(t.gains, seed, number, rounds) for number, t in enumerate(trials)]
    drawn = [rank_correlation(t.scores[None], means, kind) for t, means in zip(trials, rows, strict=True)]
    return crossed(tables, drawn, seed=seed, level=level, least=-1, most=1, n=sum(t.gains.shape[2] for t in trials))


def advantage(trials: Sequence[Trial], others: Sequence[Trial], *, seed: int, rounds: int = 1000, level: float = 0.95) -> Interval:
    """Gain of the bucket with the highest scores minus the mean gain of all buckets of `others`, measured on the same repeats and development rows."""
    differences = [t.gains[:, -1:] - o.gains.mean(axis=1, keepdims=True) for t, o in zip(trials, others, strict=True)]
    return _mean(differences, seed, rounds, level)


def gain(trials: Sequence[Trial], bucket: int, *, seed: int, rounds: int = 1000, level: float = 0.95) -> Interval:
    """Mean gain of one bucket."""
    return _mean([t.gains[:, bucket, None] for t in trials], seed, rounds, level)


def _mean(tables: Sequence[Values], seed: int, rounds: int, level: float) -> Interval:
    """Of tables (repeats, 1, development rows), the mean with its interval."""
    drawn = [_resampled(table, seed, number, rounds)[..., 0] for number, table in enumerate(tables)]
    return crossed([t.mean(axis=(1, 2)) for t in tables], drawn, seed=seed, level=level, least=-2, most=2, n=sum(t.shape[2] for t in tables))


def _resampled(gains: Values, seed: int, number: int, rounds: int) -> Values:
    """Mean gains over drawn development rows, shape (rounds, repeats, buckets); the same draws for every function."""
    import numpy as np

    size = gains.shape[2]
    share = numpy_rng(seed, "audit", "rows", number).multinomial(size, np.full(size, 1 / size), size=rounds) / size
    means: Values = np.tensordot(share, gains, axes=([1], [2]))
    return means


def verdict(correlation: Interval | None, over_random: Interval | None) -> Verdict:
    """Whether to choose by the score: what both intervals say together.

    Worth it: gain rises with the score, and the highest bucket is better than random rows. Misleading: gain falls with it, or the highest bucket is worse than random rows.
    """
    if correlation is None or over_random is None:
        return "unmeasured"
    if correlation.high < 0 or over_random.high < 0:
        return "misleading"
    return "worth it" if correlation.low > 0 and over_random.low > 0 else "no evidence"


# ── before and after generation ─────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Fidelity:
    """Whether scores survive generation. `items`: rank correlation within labels of a row's score and the score of the row written around it. `sets`: rank correlation of
    the medians of buckets of rows and the medians of what was written around them; `medians` has these pairs, the lowest bucket first.
    """

    pairs: int
    items: Interval | None
    sets: Interval | None
    medians: tuple[tuple[float, float], ...]


def fidelity(
    before: Sequence[float], after: Sequence[float], labels: Sequence[str], parents: Sequence[str], count: int, *, seed: int, rounds: int = 500, level: float = 0.95
) -> Fidelity:
    """Of pairs of a score before and a score after generation. `parents` names what a row was written around: the bootstrap draws these, each with all its rows.

    Buckets are `count` quantiles of the scores before, within each label. Nothing is measured of fewer than two rows in a bucket.
    """
    import numpy as np

    names = [f"{parent} {i}" for i, parent in enumerate(parents)]
    cut = buckets(before, labels, names, count, seed=seed)
    x, y = np.array(before, dtype=np.float64), np.array(after, dtype=np.float64)
    if len(cut[0]) < 2 or np.ptp(x) == 0:
        return Fidelity(len(x), None, None, ())
    owner = np.unique(np.array(parents), return_inverse=True)[1]
    draw = numpy_rng(seed, "fidelity")
    items, sets = [], []
    for _ in range(rounds):
        weight = draw.multinomial(owner.max() + 1, np.full(owner.max() + 1, 1 / (owner.max() + 1)))[owner]
        items.append(_within(np.repeat(x, weight), np.repeat(y, weight), np.repeat(np.array(labels), weight)))
        drawn = [np.repeat(places, weight[places]) for places in map(np.array, cut)]
        sets.append(_between(x, y, drawn))
    medians = tuple((float(np.median(x[p])), float(np.median(y[p]))) for p in map(np.array, cut))
    whole = _within(x, y, np.array(labels)), _between(x, y, [np.array(p) for p in cut])
    return Fidelity(len(x), _percentiles(whole[0], items, level, len(x)), _percentiles(whole[1], sets, level, len(x)), medians)


def _within(x: Any, y: Any, labels: Any) -> float:
    """Rank correlation within labels, each by its number of rows; not-a-number where no label tells rows apart."""
    import numpy as np

    told = [(rank_correlation(x[labels == label], y[labels == label]), (labels == label).sum()) for label in np.unique(labels)]
    known = [(float(r), n) for r, n in told if n > 2 and np.isfinite(r)]
    return sum(r * n for r, n in known) / sum(n for _, n in known) if known else float("nan")


def _between(x: Any, y: Any, cut: Sequence[Any]) -> float:
    import numpy as np

    if any(not len(places) for places in cut):
        return float("nan")
    return float(rank_correlation(np.array([np.median(x[p]) for p in cut]), np.array([np.median(y[p]) for p in cut])))


def _percentiles(estimate: float, drawn: Sequence[float], level: float, n: int) -> Interval | None:
    """None where the estimate, or one draw in twenty, is no number."""
    import numpy as np

    finite = [d for d in drawn if np.isfinite(d)]
    if not np.isfinite(estimate) or len(finite) < 0.95 * len(drawn):
        return None
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(estimate), min(float(low), float(estimate)), max(float(high), float(estimate)), level, n)
