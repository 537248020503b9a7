"""Labels and attribute values on which our score errs otherwise than on the rest of their task."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

from synlearner.evaluate.bias.agreement import LEAST, SURE, Judged


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
