"""Which rows a student needs next: candidates, a function and students go in, a `Choice` with the reason of every row comes out.

A choice may be made label by label, so that no label is left out, and where a function asks row by row each row may have its own student: one that did not learn
from it. `random` and `all` are names of choices without a function, to compare with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from synlearner.errors import SpecError
from synlearner.feedback.acquisition import Means, acquisition
from synlearner.feedback.selection import Choice, by_chance, natural
from synlearner.feedback.selection import choose as selected
from synlearner.protocols import Acquisition, Learner, Level, Picking
from synlearner.records import Chosen, Measurement, Row, Unscored
from synlearner.seeding import derive, rng
from synlearner.stream.specs import COMPARED, JUDGE

if TYPE_CHECKING:
    from synlearner.stream.specs import RoundsSpec
    from synlearner.stream.tasks import Task

Pick = Literal["best", "top", "proportional", "set"]
RANDOM, ALL, STATIC = COMPARED
# Who is asked about which of the rows: all `together`, or each row by a student of its own.
Asked = Callable[[Sequence[Row], bool], Sequence[tuple[Learner | None, Sequence[int]]]]
# By id of a row without a label the label that would be asked for around it.
AskedFor = Mapping[str, str]
OWN: AskedFor = {}


@dataclass(frozen=True, slots=True)
class Chance:
    """Nothing is scored."""

    name: str = RANDOM
    identity: str = RANDOM
    level: Level = "sample"
    bounds: tuple[float, float] | None = None

    def score(self, rows: Sequence[Row], _: Learner | None) -> list[Measurement]:
        return [Unscored(self.name, "chance decides")] * len(rows)


@dataclass(frozen=True, slots=True)
class Divided:
    """A function whose rows are shared out among several students."""

    of: Acquisition
    asked: Asked

    @property
    def name(self) -> str:
        return self.of.name

    @property
    def identity(self) -> str:
        return self.of.identity

    @property
    def level(self) -> Level:
        return self.of.level

    @property
    def bounds(self) -> tuple[float, float] | None:
        return self.of.bounds

    def score(self, rows: Sequence[Row], _: Learner | None) -> list[Measurement]:
        found: dict[int, Measurement] = {}
        for student, places in self.asked(rows, self.of.level == "set"):
            found |= dict(zip(places, self.of.score([rows[i] for i in places], student), strict=True))
        return [found[i] for i in range(len(rows))]


def refuse(spec: RoundsSpec) -> None:
    """Raise `SpecError` where rows cannot be chosen as the settings say."""
    if not spec.enabled:
        return
    criterion = Chance(JUDGE) if spec.by == JUDGE else criterion_of(spec.by, Means())
    if spec.pick == "set" and (spec.by == JUDGE or not isinstance(criterion, Picking | Chance)):
        raise SpecError(f"{spec.by} scores rows one by one and chooses no sets", 'set rounds.pick to "best", "top" or "proportional"', field="rounds.pick")


def criterion_of(by: str, means: Means) -> Acquisition:
    """The function of that name; for a way to choose that is none, one that scores nothing. Raises `SpecError` for an unknown name."""
    return Chance(by, by) if by in COMPARED else acquisition(by, means)


def quotas_of(task: Task, rows: Sequence[Row], n: int, *, balanced: bool, seed: int, asked_for: AskedFor = OWN) -> dict[str, int]:
    """How many rows to choose of each label, at most as many as there are; under the empty label of all rows together, where they are not balanced or have no labels.

    Balanced, they are equally many as far as the rows go, at least one of every label that has any: with many labels more than `n`. A row without a label counts
    for the one that would be `asked_for` around it.
    """
    if not balanced or not task.kind.closed:
        return {"": min(n, len(rows))} if rows else {}
    there = Counter(asked_for.get(r.id, r.label) for r in rows)
    return spread({label: there[label] for label in task.labels if there[label]}, max(n, len(there)), seed=seed)


def spread(there: Mapping[str, int], n: int, *, seed: int) -> dict[str, int]:
    """`n` shared out as equally as can be among labels of which so many are there; what is left over in one round is drawn."""
    given = dict.fromkeys(there, 0)
    while (left := n - sum(given.values())) and (open_labels := [label for label in there if given[label] < there[label]]):
        each = left // len(open_labels)
        lucky = set(rng(seed, "quotas", left).sample(open_labels, left)) if not each else set()
        for label in open_labels:
            given[label] += min(there[label] - given[label], each or (label in lucky))
    return {label: count for label, count in given.items() if count}


def choose(criterion: Acquisition, rows: Sequence[Row], asked: Asked, quotas: Mapping[str, int], *, pick: Pick, random: float, seed: int, asked_for: AskedFor = OWN) -> Choice:
    """As many rows of each label as `quotas` says (under the empty label: of all rows), of the labels in turn the most wanted first. Every row is chosen once at most.
    `asked_for` as in `quotas_of`.

    What a function leaves open, because it has no score for enough rows or a set has nothing further to gain, is left to chance.
    """
    if isinstance(criterion, Chance):
        return _everything(rows) if criterion.name == ALL else _by_chance(rows, quotas, seed, asked_for)
    how = natural(criterion) if pick == "best" else pick
    function, student = (criterion, asked(rows, True)[0][0] if rows else None) if how == "set" else (Divided(criterion, asked), None)
    found: dict[str, Choice] = {}
    for label, (n, lucky) in divided(quotas, random).items():
        places = [i for i, row in enumerate(rows) if label in ("", asked_for.get(row.id, row.label))]
        some = [rows[i] for i in places]
        part = selected(some, function, student, n, how=how, random=lucky / n, seed=derive(seed, "choice", label))
        chosen = (*part.chosen, *rest(some, part.chosen, n - len(part.chosen), seed=derive(seed, "rest", label)))
        found[label] = replace(part, chosen=tuple(replace(c, place=places[c.place]) for c in chosen))
    unscored = sum((Counter(part.unscored) for part in found.values()), Counter[str]())
    return Choice(in_turn([p.chosen for p in found.values()]), sum(quotas.values()), len(rows), len(rows) - unscored.total(), dict(sorted(unscored.items())))


def divided(quotas: Mapping[str, int], share: float) -> dict[str, tuple[int, int]]:
    """For each label its rows and how many of them are left to chance: a share of all, however few rows a label has."""
    found: dict[str, tuple[int, int]] = {}
    before = 0
    for label, n in quotas.items():
        after = before + n
        found[label] = (n, round(after * share) - round(before * share))
        before = after
    return {label: (n, min(n, max(0, lucky))) for label, (n, lucky) in found.items()}


def rest(rows: Sequence[Row], chosen: Sequence[Chosen], n: int, *, seed: int) -> list[Chosen]:
    """`n` more rows by chance."""
    return [Chosen(rows[i].id, i, 0, RANDOM, None, "random") for i in by_chance(rows, {c.place for c in chosen}, n, seed=seed)]


def in_turn(parts: Sequence[Sequence[Chosen]]) -> tuple[Chosen, ...]:
    """The first of each part, then the second of each, and so on, ranked from 1."""
    order = [part[turn] for turn in range(max(map(len, parts), default=0)) for part in parts if turn < len(part)]
    return tuple(replace(c, rank=rank) for rank, c in enumerate(order, 1))


def _by_chance(rows: Sequence[Row], quotas: Mapping[str, int], seed: int, asked_for: AskedFor) -> Choice:
    parts = []
    for label, n in quotas.items():
        places = [i for i, row in enumerate(rows) if label in ("", asked_for.get(row.id, row.label))]
        drawn = rest([rows[i] for i in places], (), n, seed=derive(seed, "choice", label))
        parts.append([replace(c, place=places[c.place]) for c in drawn])
    return Choice(in_turn(parts), sum(quotas.values()), len(rows), 0, {})


def _everything(rows: Sequence[Row]) -> Choice:
    chosen = tuple(Chosen(row.id, i, i + 1, ALL, None, "top") for i, row in enumerate(rows))
    return Choice(chosen, len(rows), len(rows), 0, {})
