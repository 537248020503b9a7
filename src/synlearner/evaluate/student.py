"""Fresh students on gold rows: train on a set of rows, ask for the label or answer of every gold row, keep right and wrong per student and row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from synlearner.protocols import OpenStudent, Student
from synlearner.records import Row
from synlearner.seeding import derive
from synlearner.stream.kinds import Match

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Examined:
    """Answers of the students: `answers` and `correct` have the shape (students, gold rows).

    Answers are columns of `labels`, or for kinds without labels (`labels` is empty) texts.
    """

    labels: tuple[str, ...]
    gold: tuple[str, ...]
    answers: NDArray[np.int64] | NDArray[np.str_]
    correct: NDArray[np.float64]
    trained_on: int

    @property
    def accuracy(self) -> float:
        """Share of right answers over students and rows."""
        return float(self.correct.mean())

    @property
    def marks(self) -> list[str]:
        """Right (1) and wrong (0) as one text per student, a character per gold row: how it is kept; `table_of` reads it."""
        return ["".join("1" if right else "0" for right in student) for student in self.correct]

    @property
    def macro_f1(self) -> float | None:
        """F1 per label that occurs in gold, averaged over labels and students; None without labels."""
        import numpy as np

        if not self.labels:
            return None
        truth = np.array([self.labels.index(v) for v in self.gold])
        scores = []
        for answer in self.answers:
            for label in np.unique(truth):
                hit = np.sum((answer == label) & (truth == label))
                scores.append(2 * hit / (np.sum(answer == label) + np.sum(truth == label)))
        return float(np.mean(scores))


def table_of(marks: Sequence[str]) -> NDArray[np.float64]:
    """`Examined.marks` as the table that they were made of, shape (students, gold rows)."""
    import numpy as np

    return np.array([[float(mark) for mark in student] for student in marks])


def examine(student: Student | OpenStudent, rows: Sequence[Row], gold: Sequence[Row], *, labels: Sequence[str], repeats: int, seed: int, match: Match | None = None) -> Examined:
    """Train `repeats` fresh students (a deterministic one: once) on `rows` and ask each about `gold`. Raises ValueError without rows or gold.

    `match` is for kinds without labels: it says which answers are right. Without it, students give one of `labels`.
    """
    if not rows or not gold:
        raise ValueError("a student needs training rows and gold rows")
    seeds = [derive(seed, "student", number) for number in range(1 if student.deterministic else repeats)]
    if match is not None:
        return _answered(cast("OpenStudent", student), rows, gold, seeds, match)
    return _labelled(cast("Student", student), rows, gold, tuple(labels), seeds)


def _labelled(student: Student, rows: Sequence[Row], gold: Sequence[Row], order: tuple[str, ...], seeds: Sequence[int]) -> Examined:
    import numpy as np

    answers = []
    for seed in seeds:
        fitted = student.fit(rows, labels=order, seed=seed)
        columns = np.array([order.index(v) for v in fitted.labels])
        answers.append(columns[np.argmax(fitted.proba(gold), axis=1)])
    table = np.stack(answers)
    truth = np.array([order.index(row.label) for row in gold])
    return Examined(order, tuple(r.label for r in gold), table, (table == truth).astype(float), len(rows))


def _answered(student: OpenStudent, rows: Sequence[Row], gold: Sequence[Row], seeds: Sequence[int], match: Match) -> Examined:
    import numpy as np

    truth = tuple(r.label for r in gold)
    asked = [replace(r, label="") for r in gold]
    answers = [list(student.fit(rows, labels=(), seed=seed).answer(asked)) for seed in seeds]
    correct = [[float(match(answer, right)) for answer, right in zip(given, truth, strict=True)] for given in answers]
    return Examined((), truth, np.array(answers, dtype=np.str_), np.array(correct), len(rows))
