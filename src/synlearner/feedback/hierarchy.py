"""The one place where rewards meet: attempts and rewards go in, an advantage for each attempt comes out, with what every reward did.

1. The gate. An attempt without a record gets the lowest value of every reward, at every level; an attempt without an answer is absent.
2. Set rewards are multiplied by the attempt's quality, the weighted mean of its sample rewards (R = quality · d, DARLING, arXiv 2509.02534):
   different garbage earns nothing. Where no sample reward could be measured there is no such product, and the set reward is absent.
3. Each reward is normalised by itself within its prompt's group, then summed, then normalised over the batch (GDPO, arXiv 2601.05242):
   a_ik = (r_ik − mean_g)/(std_g + ε), b_i = Σ_k w_k a_ik, A = (b − mean)/(std + ε), ε = 1e-4, population deviations.

What could not be measured is absent, not zero: it enters no mean, and its place in the sum stays empty.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synlearner.protocols import Level, Reward
from synlearner.records import Attempt, Failure, Measurement, Sample, Score

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]
    Groups = NDArray[np.int64]

EPSILON = 1e-4


@dataclass(frozen=True, slots=True)
class Column:
    """One reward over a batch. `values` (attempts,) are what is normalised, not-a-number where absent; `spread` is the mean deviation within
    groups, `flat` the share of groups without any; `unscored` counts attempts with an answer that could not be measured.
    """

    name: str
    level: Level
    weight: float
    values: Values
    mean: float | None
    spread: float | None
    flat: float | None
    unscored: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Advantages (attempts,) in the order of the attempts, not-a-number where nothing at all was measured; each reward's column; and `worth`
    (attempts,), what each attempt is worth by itself in 0..1: its quality, 0 for an answer that is no record, not-a-number without an answer
    and where no sample reward could be measured.
    """

    advantages: Values
    columns: tuple[Column, ...]
    worth: Values


@dataclass(frozen=True, slots=True)
class Schedule:
    """Weights over training: from `base` linearly to the target within the first `warm_up` share of the steps, then constant.

    `wave` above 0 adds a sinusoid of that relative height and of `waves` periods, as the published reference does. Rewards that
    `base` does not name have their target weight from the start.
    """

    base: Mapping[str, float]
    warm_up: float = 0.0
    wave: float = 0.0
    waves: float = 1.0

    def at(self, target: Mapping[str, float], progress: float) -> dict[str, float]:
        """The weights at a share `progress` (0..1) of all steps. Raises ValueError outside."""
        if not 0 <= progress <= 1:
            raise ValueError(f"progress is a share of the training, not {progress}")
        ramp = min(1.0, progress / self.warm_up) if self.warm_up else 1.0
        swing = 1.0 + self.wave * math.sin(2 * math.pi * self.waves * progress)
        return {name: max(0.0, swing * ((1 - ramp) * self.base.get(name, weight) + ramp * weight)) for name, weight in target.items()}


def judge(attempts: Sequence[Attempt], rewards: Sequence[Reward], weights: Mapping[str, float]) -> Verdict:
    """Score a whole batch once and combine. Raises ValueError for two rewards of one name or a weight without a reward."""
    names = [r.name for r in rewards]
    if len(set(names)) < len(names):
        raise ValueError(f"two rewards have one name: {', '.join(sorted(names))}")
    if strange := sorted(set(weights) - set(names)):
        raise ValueError(f"there is a weight but no reward for: {', '.join(strange)}")
    measured = {r.name: r.score(attempts) for r in rewards}
    tables = gated(attempts, rewards, measured)
    quality = _quality(tables, rewards, weights)
    tables = by_quality(tables, rewards, quality)
    groups = groups_of(attempts)
    columns = tuple(_column(r, tables[r.name], weights.get(r.name, 0.0), groups, measured[r.name], attempts) for r in rewards)
    return Verdict(combine([c.values for c in columns], [c.weight for c in columns], groups), columns, _worth(attempts, quality))


def groups_of(attempts: Sequence[Attempt]) -> Groups:
    """The number of each attempt's prompt, shape (attempts,)."""
    import numpy as np

    number: dict[str, int] = {}
    return np.array([number.setdefault(a.prompt.id, len(number)) for a in attempts], dtype=np.int64)


def gated(attempts: Sequence[Attempt], rewards: Sequence[Reward], measured: Mapping[str, Sequence[Measurement]]) -> dict[str, Values]:
    """Values of each reward: what was measured; the reward's lowest value where there is an answer but no record; not-a-number otherwise.

    A reward that could not be measured on any record is absent everywhere: it knows nothing to compare a missing record with.
    """
    import numpy as np

    closed = np.array([not isinstance(a.outcome, Sample | Failure) for a in attempts], dtype=bool)
    tables = {}
    for reward in rewards:
        values = np.array([m.value if isinstance(m, Score) else np.nan for m in measured[reward.name]])
        if not np.isnan(values).all():
            values[closed] = reward.bounds[0]
        tables[reward.name] = values
    return tables


def by_quality(tables: Mapping[str, Values], rewards: Sequence[Reward], quality: Values | None) -> dict[str, Values]:
    """Set rewards times the quality in 0..1 of each attempt. Without any weighted sample reward in the run they stay as they are."""
    return {r.name: tables[r.name] * quality if r.level == "set" and quality is not None else tables[r.name] for r in rewards}


def _worth(attempts: Sequence[Attempt], quality: Values | None) -> Values:
    """The quality of records; without any weighted sample reward every record is worth 1."""
    import numpy as np

    value: Values = np.array([1.0 if isinstance(a.outcome, Sample) else np.nan if isinstance(a.outcome, Failure) else 0.0 for a in attempts])
    return value if quality is None else np.where(value == 1.0, quality, value)


def _quality(tables: Mapping[str, Values], rewards: Sequence[Reward], weights: Mapping[str, float]) -> Values | None:
    """The weighted mean of sample rewards in 0..1, not-a-number where none was measured; None without any weighted sample reward."""
    import numpy as np

    judges = [r for r in rewards if r.level == "sample" and weights.get(r.name, 0.0) > 0]
    if not judges:
        return None
    shares = np.stack([(tables[r.name] - r.bounds[0]) / (r.bounds[1] - r.bounds[0]) for r in judges])
    heavy = np.array([weights[r.name] for r in judges])[:, None] * ~np.isnan(shares)
    total = heavy.sum(axis=0)
    quality: Values = np.divide(np.nansum(heavy * np.nan_to_num(shares), axis=0), total, out=np.full(len(total), np.nan), where=total > 0)
    return quality


def combine(columns: Sequence[Values], weights: Sequence[float], groups: Groups) -> Values:
    """GDPO: normalise each reward within its groups, sum with weights, normalise over the batch; shape (attempts,)."""
    import numpy as np

    if not len(groups):
        return np.zeros(0)
    total, seen = np.zeros(len(groups)), np.zeros(len(groups), dtype=bool)
    for values, weight in zip(columns, weights, strict=True):
        if weight:
            normal = normalised(values, groups)
            there = ~np.isnan(normal)
            total[there] += weight * normal[there]
            seen |= there
    if not seen.any():
        return np.full(len(groups), np.nan)
    mean, deviation = total[seen].mean(), total[seen].std()
    advantages: Values = np.where(seen, (total - mean) / (deviation + EPSILON), np.nan)
    return advantages


def normalised(values: Values, groups: Groups) -> Values:
    """(r − mean)/(std + ε) within each group over what was measured; a value alone in its group is 0, an absent one stays absent."""
    import numpy as np

    mean, deviation = _moments(values, groups)
    result: Values = (values - mean[groups]) / (deviation[groups] + EPSILON)
    return np.where(np.isnan(values), np.nan, result)


def _moments(values: Values, groups: Groups) -> tuple[Values, Values]:
    """Mean and population deviation of each group over what was measured; not-a-number for a group of which nothing was."""
    import numpy as np

    there, count = ~np.isnan(values), int(groups.max()) + 1
    n = np.bincount(groups[there], minlength=count).astype(np.float64)
    n[n == 0] = np.nan
    mean = np.bincount(groups[there], weights=values[there], minlength=count) / n
    squares = np.bincount(groups[there], weights=(values[there] - mean[groups[there]]) ** 2, minlength=count) / n
    return mean, np.sqrt(squares)


def _column(reward: Reward, values: Values, weight: float, groups: Groups, measured: Sequence[Measurement], attempts: Sequence[Attempt]) -> Column:
    import numpy as np

    unscored = sum(isinstance(a.outcome, Sample) and not isinstance(m, Score) for a, m in zip(attempts, measured, strict=True))
    there = values[~np.isnan(values)]
    if not len(there):
        return Column(reward.name, reward.level, weight, values, None, None, None, unscored)
    deviation = _moments(values, groups)[1]
    deviation = deviation[~np.isnan(deviation)]
    return Column(reward.name, reward.level, weight, values, float(there.mean()), float(deviation.mean()), float((deviation < EPSILON).mean()), unscored)
