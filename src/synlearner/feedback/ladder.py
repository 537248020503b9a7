"""A degradation ladder: real rows are made worse step by step, and a reward has to notice (arXiv 2603.09403).

Rows of a task go in; attempts at every rung come out, rung 0 untouched, the last rung all damaged. A rung of share s damages s of the rows,
and what is damaged on one rung is damaged in the same way on all later ones. `fall` says how well a reward's means follow the rungs, `climb` with what certainty.
The ways of damage are in `damages`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random
from typing import TYPE_CHECKING

from synlearner.feedback.attributes import content_words
from synlearner.feedback.damages import DAMAGES, MENTION
from synlearner.protocols import Reward
from synlearner.records import Attempt, Interval, Measurement, Prompt, Rejection, Row, Sample, Score, Unscored
from synlearner.seeding import derive, numpy_rng, rng
from synlearner.stream.tasks import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Values = NDArray[np.float64]

ROUNDS, LEVEL = 1000, 0.95


def attempts_of(task: Task, rows: Sequence[Row], *, seed: int) -> list[Attempt]:
    """Rows as if a generator had written them, asked to mention two words that stand in them."""
    return [_attempt(task, row, i, rng(seed, "mention", row.id)) for i, row in enumerate(rows)]


def ladder(task: Task, rows: Sequence[Row], damage: str, *, rungs: int = 6, seed: int) -> list[list[Attempt]]:
    """`rungs` lists of attempts with a share of 0, 1/(rungs-1), … 1 of the rows damaged. Raises KeyError for an unknown damage."""
    whole, spoil = attempts_of(task, rows, seed=seed), DAMAGES[damage]
    order = rng(seed, "ladder", damage).sample(range(len(whole)), len(whole))
    worse = {i: spoil(whole[i], whole, rng(seed, damage, i)) for i in order}
    counts = [round(len(whole) * step / (rungs - 1)) for step in range(rungs)]
    damaged = [frozenset(order[:n]) for n in counts]
    return [[worse[i] if i in some else a for i, a in enumerate(whole)] for some in damaged]


def means(reward: Reward, steps: Sequence[Sequence[Attempt]]) -> list[float | None]:
    """The reward's mean on every rung; an answer without a record counts as the lowest value, what was not measured does not count."""
    return [_mean(reward, attempts) for attempts in steps]


def fall(values: Sequence[float | None]) -> float | None:
    """Kendall's τ-b between rungs and falling values: 1 if every rung is lower than the one before; None where a rung has no value or none differs."""
    if any(v is None for v in values) or len(set(values)) < 2:
        return None
    pairs = [(a, b) for i, a in enumerate(values) for b in values[i + 1 :] if a is not None and b is not None]
    down, up = sum(a > b for a, b in pairs), sum(a < b for a, b in pairs)
    tied = len(pairs) - down - up
    return (down - up) / math.sqrt((len(pairs) - tied) * len(pairs))


def _mean(reward: Reward, attempts: Sequence[Attempt]) -> float | None:
    measured = zip(attempts, reward.score(attempts), strict=True)
    values = [m.value if isinstance(m, Score) else reward.bounds[0] for a, m in measured if isinstance(m, Score) or isinstance(a.outcome, Rejection)]
    return sum(values) / len(values) if values else None


def _attempt(task: Task, row: Row, place: int, random: Random) -> Attempt:
    said = sorted({w for w in content_words(row.text) if len(w) > 3})
    wanted = {MENTION: " ".join(random.sample(said, min(2, len(said))))} if said else {}
    prompt = Prompt(f"ladder-{place}", task.name, "ladder", place, row.label, wanted, (), "", "", place, task.keys)
    return Attempt(prompt, Sample(prompt.id, Row(f"ladder-{place}", row.fields, row.label, "synthetic"), wanted))


# ── with intervals ──────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Climb:
    """What a reward says along the ladder of one damage.

    `means` are those of the rungs. `tau`: Kendall's τ-b as `fall` has it, with a bootstrap over rows; None where a rung has no value or nothing changes. Of the
    `pairs` of a row and the same row damaged, `right` have the damaged one lower, `wrong` higher; the others are ties. `change`: the mean of damaged minus whole.
    `unscored`: attempts without a value, by reason.
    """

    damage: str
    means: tuple[float | None, ...]
    tau: float | None
    interval: Interval | None
    pairs: int
    right: int
    wrong: int
    change: Interval | None
    unscored: Mapping[str, int]


def climbs(reward: Reward, task: Task, rows: Sequence[Row], damages: Sequence[str], *, rungs: int, seed: int) -> list[Climb]:
    """Every damage in turn. A reward that looks at rows one by one is asked once about each of them, whole and damaged; one of sets about every rung."""
    ladders = [ladder(task, rows, damage, rungs=rungs, seed=seed) for damage in damages]
    if reward.level == "set":
        scored = [[(s, reward.score(s)) for s in steps] for steps in ladders]
        return [_climb(d, [_valued(reward, *pair) for pair in pairs], _reasons(reward, *pairs[-1]), seed) for d, pairs in zip(damages, scored, strict=True)]
    n = len(rows)
    every = [*(ladders[0][0] if ladders else ()), *(a for steps in ladders for a in steps[-1])]
    said = reward.score(every)
    values, found = _valued(reward, every, said), []
    for i, (damage, steps) in enumerate(zip(damages, ladders, strict=True)):
        own = slice(n * (i + 1), n * (i + 2))
        whole, worse = values[:n], values[own]
        table = [[w if s is steps[0][k] else d for k, (s, w, d) in enumerate(zip(step, whole, worse, strict=True))] for step in steps]
        found.append(_climb(damage, table, _reasons(reward, [*every[:n], *every[own]], [*said[:n], *said[own]]), seed))
    return found


def _valued(reward: Reward, attempts: Sequence[Attempt], said: Sequence[Measurement]) -> list[float]:
    """Values, not-a-number where there is none; an answer without a record has the lowest, if the reward has a lowest."""
    lowest = reward.bounds[0] if math.isfinite(reward.bounds[0]) else math.nan
    return [m.value if isinstance(m, Score) else lowest if isinstance(a.outcome, Rejection) else math.nan for a, m in zip(attempts, said, strict=True)]


def _reasons(reward: Reward, attempts: Sequence[Attempt], said: Sequence[Measurement]) -> dict[str, int]:
    """Why attempts have no value, by reason."""
    values = _valued(reward, attempts, said)
    return dict(Counter(m.reason for m, v in zip(said, values, strict=True) if isinstance(m, Unscored) and math.isnan(v)).most_common())


def _climb(damage: str, table: Sequence[Sequence[float]], unscored: Mapping[str, int], seed: int) -> Climb:
    """`table`: rungs by rows."""
    import numpy as np

    values = np.array(table, dtype=float)
    draws = numpy_rng(derive(seed, "climb", damage)).integers(values.shape[1], size=(ROUNDS, values.shape[1]))
    means = [None if np.isnan(v) else float(v) for v in _over_rows(values)]
    tau = fall(means)
    change = values[-1] - values[0]
    both = change[~np.isnan(change)]
    return Climb(
        damage,
        tuple(means),
        tau,
        None if tau is None else _limits(tau, _falls(_over_rows(values[:, draws]).T), len(both)),
        len(both),
        int((both < 0).sum()),
        int((both > 0).sum()),
        _limits(float(both.mean()), _over_rows(change[draws]), len(both)) if len(both) else None,
        unscored,
    )


def _over_rows(values: Values) -> Values:
    """Means over the last axis of what is there, to twelve digits, so that equal means are equal; not-a-number where nothing is."""
    import numpy as np

    there = ~np.isnan(values)
    n = there.sum(axis=-1)
    total = np.where(there, values, 0.0).sum(axis=-1)
    found: Values = np.round(np.divide(total, n, out=np.full(np.shape(total), np.nan), where=n > 0), 12)
    return found


def _falls(means: Values) -> Values:
    """`fall` of each line of means, shape (draws, rungs); 0 where all are the same."""
    import numpy as np

    signs = np.stack([np.sign(means[:, a] - means[:, b]) for a, b in combinations(range(means.shape[1]), 2)], axis=1)
    size = np.sqrt((signs != 0).sum(axis=1) * signs.shape[1])
    found: Values = np.divide(signs.sum(axis=1), size, out=np.zeros(len(means)), where=size > 0)
    return found


def _limits(value: float, drawn: Values, n: int) -> Interval:
    import numpy as np

    low, high = np.nanquantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, float(low), float(high), LEVEL, n)
