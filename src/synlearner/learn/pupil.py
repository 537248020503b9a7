"""The student that drafts are to help, while the writer learns from rewards: rows go in, a fitted student comes out, and again when there is more to learn.

It begins with the task's seeds and the explored rows, and learns afresh from these and all accepted drafts so far every `reinforce.refresh` steps. What it has learnt at a step
depends on the drafts of earlier steps alone, so that a continued training meets the same student.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from synlearner.errors import EngineError, SpecError
from synlearner.feedback.acquisition import Means, acquisition
from synlearner.feedback.kept import Cache
from synlearner.feedback.spread import canonical
from synlearner.feedback.utility import Utility
from synlearner.learn.desk import Desk
from synlearner.protocols import Embedder, Learner
from synlearner.records import Row, Sample
from synlearner.seeding import content_hash, derive
from synlearner.stream.tasks import Task

# Of so many seeds one is kept from the student, where influence is measured on it.
HELD_OUT = 4


class Pupil:
    """A student and when it last learnt. `rows` is what it knows in the beginning."""

    def __init__(self, desk: Desk, task: Task, explored: Sequence[Sample], embedder: Embedder) -> None:
        spec, order = desk.run.reinforce, canonical(task.seeds)
        self._student, self._labels = desk.students[task.kind.name], task.labels
        self._seed, self._every = derive(desk.run.seed, task.name, "pupil"), spec.refresh
        dev = [task.seeds[i] for i in order[::HELD_OUT]] if spec.utility.startswith("influence") else []
        self._known = [*(task.seeds[i] for i in order if task.seeds[i] not in dev), *(s.row for s in explored)]
        self._means = Means(embedder, task.seeds, dev, seed=self._seed, match=task.kind.match, cache=Cache())
        self._function = acquisition(spec.utility, self._means)
        self._explored = [s.row for s in explored] or list(task.seeds)
        self._at = -1
        self._fitted: Learner | None = None
        self._begun: Learner | None = None
        self.identity = content_hash([spec.utility, self._function.identity, self._student.identity, spec.refresh, [[dict(r.fields), r.label] for r in self._known]])

    def reward(self) -> Utility:
        """What a draft is worth to the student as it is when it is asked; compared with what the explored rows are worth to it."""
        return Utility(self._function, self.fitted, among=self._explored)

    def fitted(self) -> Learner | None:
        """The student as it is. Raises `EngineError` where it cannot learn."""
        if self._fitted is None:
            self.restart()
        return self._fitted

    def restart(self) -> None:
        """Back to what it knew in the beginning."""
        if self._begun is None and self._known:
            self._begun = self._learnt(self._known)
        self._at, self._fitted = 0, self._begun

    def refresh(self, step: int, accepted: Callable[[int], Sequence[Row]]) -> None:
        """Learn again if it is time. `accepted(step)` are the accepted drafts of all steps before that one."""
        now = step // self._every * self._every
        if now == 0:
            self.restart()
        elif now != self._at:
            self._at, self._fitted = now, self._learnt([*self._known, *accepted(now)])

    def _learnt(self, rows: Sequence[Row]) -> Learner:
        try:
            return self._student.fit(rows, labels=self._labels, seed=self._seed)
        except SpecError as error:
            raise EngineError(f"the student cannot learn from what was accepted: {error.message}", error.fix) from error
