"""Whether scores survive generation: rows and what was written around them go in, their scores under one student, and what these have in common, come out.

Published work reports that medians of chosen sets survive and scores of single rows do not (arXiv 2512.00884); both are measured here.
"""

from __future__ import annotations

from collections.abc import Sequence

from synlearner.evaluate.audit import Fidelity, fidelity
from synlearner.feedback.acquisition import acquisition
from synlearner.feedback.spread import canonical
from synlearner.learn.worth import Asked, Ground, means_of
from synlearner.records import Row, Score
from synlearner.seeding import derive

Pairs = Sequence[tuple[Row, Row]]


def survival(asked: Asked, ground: Ground, generated: Pairs, *, rounds: int = 500, level: float = 0.95) -> dict[str, Fidelity]:
    """Of each function, what its scores of rows and of what was written around them have in common; empty without `generated`.

    Rows that are seeds are scored by students that learnt the other half of the seeds, and so is what was written around them.
    """
    seeds = {_name(r) for r in asked.seeds}
    order = [asked.seeds[i] for i in canonical(asked.seeds)]
    halves = [order[0::2], order[1::2]]
    groups: list[tuple[Sequence[Row], Pairs]] = [(half, [p for p in generated if _name(p[0]) in {_name(r) for r in other}]) for half, other in (halves, halves[::-1])]
    groups.append((asked.seeds, [p for p in generated if _name(p[0]) not in seeds]))
    there = [(rows, pairs) for rows, pairs in groups if rows and pairs]
    return {name: _fidelity(asked, ground, name, there, rounds, level) for name in asked.functions} if there else {}


def _fidelity(asked: Asked, ground: Ground, name: str, groups: Sequence[tuple[Sequence[Row], Pairs]], rounds: int, level: float) -> Fidelity:
    function = acquisition(name, means_of(asked, ground))
    told: list[tuple[float, float, str, str]] = []
    for number, (training, pairs) in enumerate(groups):
        fitted = asked.student.fit(training, labels=asked.labels, seed=derive(asked.seed, "student"))
        before, after = (function.score([pair[side] for pair in pairs], fitted) for side in (0, 1))
        # Labels are kept apart within a group: scores of different students are not compared.
        told += [
            (b.value, a.value, f"{number} {old.label}", _name(old)) for (old, _), b, a in zip(pairs, before, after, strict=True) if isinstance(b, Score) and isinstance(a, Score)
        ]
    if not told:
        return Fidelity(0, None, None, ())
    values, later, labels, parents = (list(column) for column in zip(*told, strict=True))
    return fidelity(values, later, labels, parents, asked.buckets, seed=asked.seed, rounds=rounds, level=level)


def _name(row: Row) -> str:
    """Ids are those of one file, and pool and seeds may be two."""
    return f"{row.id}\n{row.label}\n{row.text}"
