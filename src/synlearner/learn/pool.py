"""Rounds on a pool: rows that are there already are taken instead of written. A pool, a student and a function go in, what was taken in each round comes out.

The same choice as in `rounds`, without a generator and without a ledger: for pools of real or written rows, and to measure what a way of choosing is worth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from synlearner.learn.choosing import Asked, Pick, choose, spread
from synlearner.protocols import Acquisition, Fitted, Learner, Student
from synlearner.records import Chosen, Row
from synlearner.seeding import derive


@dataclass(frozen=True, slots=True)
class Taken:
    """A round: its number from 1 (0: before the first), the rows that were chosen, all rows so far, and the student that they make."""

    number: int
    chosen: tuple[Chosen, ...]
    rows: tuple[Row, ...]
    student: Fitted


def one(student: Learner) -> Asked:
    """One student for all rows."""
    return lambda rows, _: [(student, range(len(rows)))]


def rounds_on(
    pool: Sequence[Row],
    start: Sequence[Row],
    made: Callable[[Sequence[Row]], Acquisition],
    student: Student,
    *,
    labels: Sequence[str],
    rounds: int,
    rows: int,
    pick: Pick = "best",
    random: float = 0.0,
    balanced: bool = False,
    seed: int,
) -> Iterator[Taken]:
    """Train on `start`, then `rounds` times choose `rows` rows of the pool by what the student says, and train on all. Ends early where the pool is empty.

    `made` gives the function for the rows that are there so far, to which a set adds. `balanced` takes equally many rows of each label, for which the pool's labels must be
    known; without it labels serve only functions that read them. `place` of a chosen row is its place in the pool. Needs at least one row to start from.
    """
    taken, left = tuple(start), list(range(len(pool)))
    fitted = student.fit(taken, labels=labels, seed=derive(seed, "student", 0))
    yield Taken(0, (), taken, fitted)
    for number in range(1, rounds + 1):
        if not left:
            return
        candidates = [pool[i] for i in left]
        there = {label: sum(r.label == label for r in candidates) for label in labels} if balanced else {"": len(candidates)}
        quotas = spread({label: n for label, n in there.items() if n}, rows, seed=derive(seed, "quotas", number))
        choice = choose(made(taken), candidates, one(fitted), quotas, pick=pick, random=random, seed=derive(seed, "round", number))
        chosen = tuple(replace(c, place=left[c.place]) for c in choice.chosen)
        places = {c.place for c in chosen}
        left = [i for i in left if i not in places]
        taken = (*taken, *(pool[c.place] for c in chosen))
        fitted = student.fit(taken, labels=labels, seed=derive(seed, "student", number))
        yield Taken(number, chosen, taken, fitted)
