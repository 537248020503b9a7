"""Which ways of writing pay: episodes of earlier tasks come in, a plan that prefers what paid off goes out.

The chance that a row is accepted is taken as a product: of each attribute value's own factor, and of a factor of each pair of values. What a row is worth
when it is accepted (the mean of its rewards) is another one. Each factor has a posterior: Beta for acceptance, Normal for rewards, pulled towards what is
known one level above: a value within a label towards the value over all labels, that towards everything, a pair towards the product of its values.
Thompson sampling draws from the posteriors once a prompt and takes the values that come out best. Other tasks count by name of dimension and value, as far
as they are similar, and never as more than a few dozen prompts a value, so that a task can be unlike the earlier ones. A fixed share of prompts keeps the
balanced design, so that nothing is ever given up for good.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

from synlearner.generate.plans import Assignment, balanced
from synlearner.records import Episode
from synlearner.seeding import numpy_rng
from synlearner.stream.tasks import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

# What is known one level above counts as so many prompts: for a value, for a value within a label, for a pair.
VALUE, WITHIN, PAIR = 4.0, 20.0, 20.0
# Evidence of other tasks counts as at most so many prompts for each value or pair.
FOREIGN = 60.0
# Factors are shares of what is usual; nothing is worth less than this.
LEAST = 0.01
EVERY, NOWHERE = "", "\0"
Cell = tuple[str, str, str]
Pair = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Tally:
    """Weighted numbers of prompts: all, accepted ones, and of those with a reward their number, sum and sum of squares."""

    n: float = 0.0
    accepted: float = 0.0
    rewarded: float = 0.0
    sum: float = 0.0
    squares: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(a + b for a, b in zip(self.numbers, other.numbers, strict=True)))

    @property
    def numbers(self) -> tuple[float, ...]:
        return self.n, self.accepted, self.rewarded, self.sum, self.squares

    @property
    def rounded(self) -> list[float]:
        """As they are kept."""
        return [round(x, 6) for x in self.numbers]

    def times(self, weight: float) -> Tally:
        """With every prompt counting `weight` times."""
        return Tally(*(weight * x for x in self.numbers))

    def at_most(self, n: float) -> Tally:
        """The same shares of at most `n` prompts."""
        return self if self.n <= n else self.times(n / self.n)


NONE = Tally()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known when a task's plan is made: everything, by (label, dimension, value) with the label "" for all labels, and by pair of values."""

    everything: Tally = NONE
    cells: Mapping[Cell, Tally] = field(default_factory=dict)
    pairs: Mapping[Pair, Tally] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.everything.n > 0

    def as_json(self) -> dict[str, Any]:
        """Lists of names and numbers, the same for the same evidence."""
        return {"everything": self.everything.rounded, "cells": _listed(self.cells), "pairs": _listed(self.pairs)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Evidence:
        """What `as_json` gave."""
        cells = {(r[0], r[1], r[2]): Tally(*r[3:]) for r in kept["cells"]}
        return cls(Tally(*kept["everything"]), cells, {(r[0], r[1], r[2], r[3]): Tally(*r[4:]) for r in kept["pairs"]})


def _listed(tallies: Mapping[Any, Tally]) -> list[list[Any]]:
    return [[*key, *tallies[key].rounded] for key in sorted(tallies)]


def gather(task: Task, episodes: Iterable[Episode], similar: Mapping[str, float]) -> Evidence:
    """What episodes say about the values of a task. `similar` has the weights of tasks by key, 0..1; those of the task itself count whole."""
    own_values = {(d, v) for label in task.labels or (EVERY,) for d, values in task.attributes_of(label).items() for v in values}
    sums: dict[str, _Sums] = defaultdict(_Sums)
    for episode in episodes:
        if episode.task == task.key or similar.get(episode.task, 0.0) > 0:
            sums[episode.task].count(episode, own_values, set(task.labels))
    own, others = sums.pop(task.key, _Sums()), [(s, similar[key]) for key, s in sorted(sums.items())]
    whole = sum((s.whole.times(w) for s, w in others), NONE).at_most(FOREIGN) + own.whole
    cells, pairs = (_joined(own.of_length(n), [(s.of_length(n), w) for s, w in others]) for n in (3, 4))
    return Evidence(whole, cells, pairs)


def _joined(own: Mapping[Any, Tally], others: Sequence[tuple[Mapping[Any, Tally], float]]) -> dict[Any, Tally]:
    keys = {*own, *(k for tallies, _ in others for k in tallies)}
    return {k: sum((t[k].times(w) for t, w in others if k in t), NONE).at_most(FOREIGN) + own.get(k, NONE) for k in sorted(keys)}


@dataclass(slots=True)
class _Sums:
    """Tallies of one task."""

    counted: dict[tuple[str, ...], list[float]] = field(default_factory=dict)

    def count(self, episode: Episode, known: set[tuple[str, str]], labels: set[str]) -> None:
        one, label = _one(episode), episode.pattern.label
        values = sorted((d, v) for d, v in episode.pattern.attributes.items() if (d, v) in known)
        wheres = (EVERY, label) if label in labels else (EVERY,)
        keys: list[tuple[str, ...]] = [(), *((where, d, v) for d, v in values for where in wheres), *((*a, *b) for a, b in combinations(values, 2))]
        for key in keys:
            row = self.counted.setdefault(key, [0.0] * 5)
            for i, x in enumerate(one):
                row[i] += x

    @property
    def whole(self) -> Tally:
        return Tally(*self.counted.get((), ()))

    def of_length(self, n: int) -> dict[Any, Tally]:
        """Tallies of cells (3 names) or pairs (4)."""
        return {key: Tally(*row) for key, row in self.counted.items() if len(key) == n}


def _one(episode: Episode) -> tuple[float, ...]:
    """The episode's share of each number of a tally."""
    reward = worth(episode.rewards) if episode.accepted else None
    return (1.0, float(episode.accepted)) if reward is None else (1.0, float(episode.accepted), 1.0, reward, reward * reward)


def worth(rewards: Mapping[str, float]) -> float | None:
    """The mean of rewards over their families, which is the part of a name before the slash; None where nothing was measured."""
    families: dict[str, list[float]] = defaultdict(list)
    for name, value in rewards.items():
        families[name.partition("/")[0]].append(value)
    return sum(sum(f) / len(f) for f in families.values()) / len(families) if families else None


# ── the plan ────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Learned:
    """The plan `learned`: values by Thompson sampling from what is known. Without evidence it is the balanced plan. `explore` of the prompts are always of that."""

    evidence: Evidence = field(default_factory=Evidence)
    explore: float = 0.2

    def informed(self, evidence: Evidence, explore: float) -> Learned:
        """The same plan, knowing this."""
        return Learned(evidence, explore)

    def __call__(self, task: Task, labels: Sequence[str], *, seed: int) -> list[Assignment]:
        """The labels stay as they are; of a label only values that it has are chosen."""
        made = balanced(task, labels, seed=seed)
        if not self.evidence:
            return made
        draws = numpy_rng(seed, "plan", "learned", task.name)
        free = (draws.random(len(made)) >= self.explore).tolist()
        for label in Counter(labels):
            places = [i for i, a in enumerate(made) if a.label == label and free[i]]
            drawn = _Posterior.of(self.evidence, label, task.attributes_of(label)).draw(len(places), draws)
            for i, attributes in zip(places, drawn, strict=True):
                made[i] = Assignment(label, attributes)
        return made


learned = Learned()


@dataclass(slots=True)
class _Posterior:
    """Posteriors of one label. Arrays of a dimension are (values,), of two (values, values)."""

    dimensions: list[tuple[str, tuple[str, ...]]]
    usual: float
    whole: Tally
    over: list[tuple[Array, Array]]
    within: list[tuple[Array, Array]]
    rewards: list[tuple[Array, Array]]
    pairs: dict[tuple[int, int], tuple[Array, Array]]

    @classmethod
    def of(cls, evidence: Evidence, label: str, attributes: Mapping[str, tuple[str, ...]]) -> _Posterior:
        dimensions, whole = list(attributes.items()), evidence.everything
        usual = (whole.accepted + 1) / (whole.n + 2)

        def column(where: str, d: str, values: Sequence[str], *names: str) -> tuple[Array, ...]:
            import numpy as np

            tallies = [evidence.cells.get((where, d, v), NONE) for v in values]
            return tuple(np.array([getattr(t, name) for t in tallies]) for name in names)

        over = [column(EVERY, d, values, "n", "accepted") for d, values in dimensions]
        within = [column(label or NOWHERE, d, values, "n", "accepted") for d, values in dimensions]
        rewards = [column(EVERY, d, values, "rewarded", "sum") for d, values in dimensions]
        pairs = {(i, j): _table(evidence, *dimensions[i], *dimensions[j]) for i in range(len(dimensions)) for j in range(len(dimensions)) if i != j}
        return cls(dimensions, usual, whole, over, within, rewards, pairs)  # type: ignore[arg-type]

    def draw(self, n: int, draws: np.random.Generator) -> list[dict[str, str]]:
        """Values for `n` prompts, dimension by dimension in an order that chance has; each draws its own posterior."""
        import numpy as np

        chosen: dict[int, NDArray[np.int64]] = {}
        for d in draws.permutation(len(self.dimensions)).tolist():
            score = np.log(np.maximum(self._accepted(d, n, draws), LEAST)) + np.log(self._rewarded(d, n, draws))
            for e, picks in chosen.items():
                score += self._together(e, picks, d, draws)
            chosen[d] = score.argmax(axis=1)
        return [{name: values[chosen[d][i]] for d, (name, values) in enumerate(self.dimensions)} for i in range(n)]

    def _accepted(self, d: int, n: int, draws: np.random.Generator) -> Array:
        """Chances of acceptance by value, shape (n, values): drawn over all labels, and then within the label around that."""
        (tried, good), (own, own_good) = self.over[d], self.within[d]
        level = draws.beta(VALUE * self.usual + good, VALUE * (1 - self.usual) + tried - good, size=(n, len(tried)))
        return draws.beta(WITHIN * level + own_good + 1e-9, WITHIN * (1 - level) + own - own_good + 1e-9) if own.any() else level

    def _rewarded(self, d: int, n: int, draws: np.random.Generator) -> Array:
        """Rewards of accepted rows by value, shape (n, values); 1 where nothing was ever measured."""
        import numpy as np

        whole, (tried, total) = self.whole, self.rewards[d]
        if not whole.rewarded:
            return np.ones((n, len(tried)))
        mean = whole.sum / whole.rewarded
        spread = max(1e-4, whole.squares / whole.rewarded - mean**2) ** 0.5
        centre = (VALUE * mean + total) / (VALUE + tried)
        return np.maximum(draws.normal(centre, spread / np.sqrt(VALUE + tried), size=(n, len(tried))), LEAST)

    def _together(self, e: int, picks: NDArray[np.int64], d: int, draws: np.random.Generator) -> Array:
        """What the values of `d` add beside those that were picked for `e`, shape (picks, values); 0 for pairs that nobody tried."""
        import numpy as np

        tried, good = self.pairs[e, d]
        alone = [(VALUE * self.usual + g) / (VALUE + t) for t, g in (self.over[e], self.over[d])]
        product = np.clip(alone[0][:, None] * alone[1][None, :] / self.usual, LEAST, 1 - LEAST)[picks]
        found = draws.beta(PAIR * product + good[picks], PAIR * (1 - product) + (tried - good)[picks])
        return np.where(tried[picks] > 0, np.log(np.maximum(found, LEAST) / product), 0.0)


def _table(evidence: Evidence, d: str, values: Sequence[str], e: str, others: Sequence[str]) -> tuple[Array, Array]:
    """Prompts and accepted rows by pair of values; pairs are kept under the names in order."""
    import numpy as np

    tallies = [[evidence.pairs.get((d, v, e, w) if d < e else (e, w, d, v), NONE) for w in others] for v in values]
    shape = (len(values), len(others))
    return np.array([[t.n for t in row] for row in tallies]).reshape(shape), np.array([[t.accepted for t in row] for row in tallies]).reshape(shape)
