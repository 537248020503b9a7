"""How difficult a row is by the word of judges: the student's answer beside the row's own (Lion, arXiv 2305.12870), as an acquisition function to compare others with.

Rows and a student go in; 1 comes out where judges find the row's own answer better, 0 where they find the student's better or both are the same, a half where they cannot
tell. Each pair is asked in both orders, and a verdict that changes with the order is a half. Only rows that the student answers otherwise are asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from synlearner.feedback.rubrics import rubric_of
from synlearner.learn.desk import Desk
from synlearner.learn.judging import compared
from synlearner.protocols import FittedAnswers, Learner, Level
from synlearner.records import Measurement, Row, Score, Unscored
from synlearner.seeding import content_hash
from synlearner.stream.specs import JUDGE
from synlearner.stream.tasks import Task


@dataclass(frozen=True, slots=True)
class ByJudges:
    """An `Acquisition` made of all judges of a run."""

    desk: Desk
    task: Task
    name: str = JUDGE
    level: Level = "sample"
    bounds: tuple[float, float] | None = (0.0, 1.0)

    @property
    def identity(self) -> str:
        return f"judge {content_hash([rubric_of(self.task, self.desk.run.judge.points).identity, [j.identity for j in self.desk.judges]])}"

    def score(self, rows: Sequence[Row], student: Learner | None) -> list[Measurement]:
        if student is None:
            return [Unscored(self.name, "there is no student")] * len(rows)
        found: list[Measurement] = [Score(self.name, 0.0) if row.label else Unscored(self.name, "the row has no label") for row in rows]
        said = _answers(rows, student)
        asked = [i for i, row in enumerate(rows) if row.label and not self.task.kind.match(said[i], row.label)]
        pairs = [(self.task.record(rows[i]), self.task.record(replace(rows[i], label=said[i]))) for i in asked]
        table = [compared(self.desk, self.task, judge, pairs, "difficulty") for judge in self.desk.judges]
        for place, told in zip(asked, zip(*table, strict=True), strict=True):
            values = [one[0] for one in told if not isinstance(one, str)]
            found[place] = Score(self.name, sum(values) / len(values)) if values else Unscored(self.name, str(told[0]))
        return found


def _answers(rows: Sequence[Row], student: Learner) -> list[str]:
    """What the student says of each row."""
    blank = [replace(row, label="") for row in rows]
    if not rows:
        return []
    if hasattr(student, "answer"):
        return list(cast(FittedAnswers, student).answer(blank))
    return [student.labels[int(best)] for best in student.proba(blank).argmax(axis=1)]
