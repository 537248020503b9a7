"""A loaded task, split into what the learner may see (`Task`) and what only evaluation reads (`Exam`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from synlearner.errors import FutureAccess
from synlearner.records import Row
from synlearner.seeding import content_hash
from synlearner.stream.kinds import Kind
from synlearner.stream.settings import Settings
from synlearner.stream.specs import RunSpec, TaskSpec
from synlearner.stream.texts import normal_text


@dataclass(frozen=True)
class Task:
    """One task as the learner sees it: its specification, its seed rows, and where there is one its pool of further rows, which may lack their labels."""

    spec: TaskSpec
    kind: Kind
    seeds: tuple[Row, ...]
    pool: tuple[Row, ...] = ()

    @property
    def name(self) -> str:
        return self.spec.name

    @cached_property
    def key(self) -> str:
        """Content hash of everything that the learner can read of this task."""
        # What came later counts where it is used, so that older keys stay.
        spec = self.spec.model_dump(mode="json", exclude={"data"} if self.spec.rubric else {"data", "rubric"})
        # Key order of labels and attributes is part of the task: plans and student columns follow it.
        order = [list(self.spec.labels), list(self.spec.attributes), {k: list(v) for k, v in self.spec.label_attributes.items()}]
        pool = [[[dict(r.fields), r.label] for r in self.pool]] if self.pool else []
        return content_hash([spec, order, [[dict(r.fields), r.label] for r in self.seeds], *pool])

    @cached_property
    def seed_texts(self) -> frozenset[str]:
        """Normal forms of the seed rows' texts, to recognise copies."""
        return frozenset(normal_text(*(r.fields[f] for f in self.fields)) for r in self.seeds)

    @property
    def fields(self) -> tuple[str, ...]:
        return self.spec.fields or self.kind.fields

    @property
    def target(self) -> str:
        return self.spec.target or self.kind.target

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of a record in contract order."""
        return self.kind.keys(self.fields, self.target)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.spec.labels)

    def attributes_of(self, label: str) -> Mapping[str, tuple[str, ...]]:
        """Dimensions for one label: the shared ones, then the label's own (which replace a shared one of the same name)."""
        return {**self.spec.attributes, **self.spec.label_attributes.get(label, {})}

    def record(self, row: Row) -> dict[str, str]:
        """A row as a record in the contract's key order; without the label where the row has none."""
        return {**({self.target: row.label} if row.label else {}), **{f: row.fields[f] for f in self.fields}}


@dataclass(frozen=True, slots=True)
class Exam:
    """Gold rows (never training data) and, where the task has one, the human-made training set to compare with."""

    gold: tuple[Row, ...]
    real: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """Tasks in the order of arrival with their exams, and the run that was asked for. `file` is the run's TOML.

    `warnings` are sentences about the data that stop nothing: labels without seeds, rows that were left out, unusual lengths. `origin`
    knows the lines of the run's settings, for messages.
    """

    run: RunSpec
    tasks: tuple[Task, ...]
    exams: Mapping[str, Exam]
    file: str
    warnings: tuple[str, ...] = ()
    origin: Settings | None = field(default=None, compare=False, repr=False)

    def arrivals(self) -> Iterator[View]:
        """The learner's way through the stream: one view per task, which knows the past and nothing else."""
        for position in range(len(self.tasks)):
            yield View(self.tasks, position)


class View:
    """What the learner sees when a task arrives: this task and the earlier ones. Anything else raises `FutureAccess`."""

    def __init__(self, tasks: tuple[Task, ...], position: int) -> None:
        self._tasks = tasks
        self.position = position

    @property
    def task(self) -> Task:
        return self._tasks[self.position]

    @property
    def past(self) -> tuple[Task, ...]:
        return self._tasks[: self.position]

    def __getitem__(self, position: int) -> Task:
        if not 0 <= position <= self.position:
            raise FutureAccess(f"task {position} has not arrived yet (now: {self.position})", "read tasks of the past only")
        return self._tasks[position]

    @property
    def gold(self) -> None:
        raise FutureAccess("gold rows are for evaluation alone", "use the task's seeds")
