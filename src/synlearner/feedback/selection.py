"""Choosing n of N rows by an acquisition function: rows and a student go in; out come rows with their reasons, and what could not be measured.

`top` takes the largest scores, `proportional` draws without replacement with chances in proportion to the scores, `set` lets functions that choose sets do so (BADGE, coverage,
diversity). A share of the rows may be drawn at random instead. A row without a score is never chosen by score. The order in which rows are given changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Literal, get_args

from synlearner.errors import EngineError, SpecError, first_line
from synlearner.feedback.acquisition import CannotTellError
from synlearner.feedback.spread import canonical
from synlearner.protocols import Acquisition, Learner, Picking
from synlearner.records import Chosen, Measurement, Row, Score, Unscored
from synlearner.seeding import numpy_rng, rng

How = Literal["top", "proportional", "set"]
HOWS: tuple[How, ...] = get_args(How)


@dataclass(frozen=True, slots=True)
class Choice:
    """`chosen` in the order of choice, those by chance last; `candidates` and `scored` count rows, `unscored` the others by reason.

    `wanted` is what was asked for: there are fewer where fewer rows have a score, or a set has nothing further to gain.
    """

    chosen: tuple[Chosen, ...]
    wanted: int
    candidates: int
    scored: int
    unscored: Mapping[str, int]

    @property
    def places(self) -> list[int]:
        """Where the chosen rows stand among the candidates."""
        return [c.place for c in self.chosen]


def natural(function: Acquisition) -> How:
    """How a function chooses best: as a set where it can."""
    return "set" if isinstance(function, Picking) else "top"


def choose(rows: Sequence[Row], function: Acquisition, student: Learner | None, n: int, *, how: How | None = None, random: float = 0.0, seed: int) -> Choice:
    """`n` of the rows, a share `random` of them (rounded) by chance. Raises `SpecError` for what cannot be asked for."""
    way, left = _checked(function, n, how, random), round(n * random)
    measured: Sequence[Measurement | None]
    if way == "set":
        taken, measured = _as_set(rows, function, student, n - left, seed)
    else:
        measured = scores = function.score(rows, student)
        taken = (_top if way == "top" else _drawn)(rows, scores, n - left, seed)
    chosen = [Chosen(rows[i].id, i, rank, function.name, score, way) for rank, (i, score) in enumerate(taken, 1)]
    lucky = by_chance(rows, {c.place for c in chosen}, left, seed=seed)
    chosen += [Chosen(rows[i].id, i, rank, "random", m.value if isinstance(m := measured[i], Score) else None, "random") for rank, i in enumerate(lucky, len(chosen) + 1)]
    unscored = Counter(m.reason for m in measured if isinstance(m, Unscored))
    return Choice(tuple(chosen), n, len(rows), len(rows) - unscored.total(), dict(sorted(unscored.items())))


def _checked(function: Acquisition, n: int, how: How | None, random: float) -> How:
    if n < 1:
        raise SpecError(f"{n} rows cannot be chosen", "ask for at least one", field="n")
    if not 0 <= random <= 1:
        raise SpecError(f"{random} is no share", "give the share of random rows as a number from 0 to 1", field="random")
    if how == "set" and not isinstance(function, Picking):
        raise SpecError(f"{function.name} scores rows one by one and chooses no sets", f"choose one of {', '.join(h for h in HOWS if h != 'set')}", field="pick")
    return how or natural(function)


def _top(rows: Sequence[Row], measured: Sequence[Measurement], n: int, _: int) -> list[tuple[int, float]]:
    """The largest first; equal scores by content."""
    there = [(m.value, i) for i in canonical(rows) if isinstance(m := measured[i], Score)]
    there.sort(key=lambda pair: -pair[0])
    return [(i, value) for value, i in there[:n]]


def _drawn(rows: Sequence[Row], measured: Sequence[Measurement], n: int, seed: int) -> list[tuple[int, float]]:
    """Without replacement, chances in proportion to the scores; scores of 0 and below have none (Efraimidis & Spirakis 2006: the largest u^(1/w))."""
    import numpy as np

    there = [(i, m.value) for i in canonical(rows) if isinstance(m := measured[i], Score) and m.value > 0]
    if not there or n < 1:
        return []
    weights = np.array([value for _, value in there])
    keys = np.log(numpy_rng(seed, "proportional").random(len(there))) / weights
    return [there[i] for i in np.argsort(-keys, kind="stable")[:n]]


def _as_set(rows: Sequence[Row], function: Acquisition, student: Learner | None, n: int, seed: int) -> tuple[list[tuple[int, float]], list[Measurement | None]]:
    """What a function that chooses sets takes, with what each added, and for the other rows why they could not be measured, or nothing: it looked at them and took others."""
    assert isinstance(function, Picking)
    try:
        picked = function.pick(rows, student, n, seed=seed)
    except (CannotTellError, EngineError, ValueError, RuntimeError) as error:
        return [], [Unscored(function.name, first_line(error))] * len(rows)
    measured: list[Measurement | None] = [Unscored(function.name, picked.unscored[i]) if i in picked.unscored else None for i in range(len(rows))]
    return list(zip(picked.places, picked.gains, strict=True)), measured


def by_chance(rows: Sequence[Row], taken: Set[int], n: int, *, seed: int) -> list[int]:
    """Places of at most `n` rows besides those taken, each with the same chance, whether they have a score or not."""
    free = [i for i in canonical(rows) if i not in taken]
    return rng(seed, "by chance").sample(free, min(max(0, n), len(free)))
