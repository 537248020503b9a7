"""Fresh students on gold rows: train on a set of rows, ask for every gold label, keep right and wrong per student and row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synlearner.protocols import Student
from synlearner.records import Row
from synlearner.seeding import derive

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Examined:
    """Answers of the students: `answers` and `correct` have the shape (students, gold rows)."""

    labels: tuple[str, ...]
    gold: tuple[str, ...]
    answers: NDArray[np.int64]
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
    def macro_f1(self) -> float:
        """F1 per label that occurs in gold, averaged over labels and students."""
        import numpy as np

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


def examine(student: Student, rows: Sequence[Row], gold: Sequence[Row], *, labels: Sequence[str], repeats: int, seed: int) -> Examined:
    """Train `repeats` fresh students (a deterministic one: once) on `rows` and let each label `gold`. Raises ValueError without rows or gold."""
    import numpy as np

    if not rows or not gold:
        raise ValueError("a student needs training rows and gold rows")
    order = tuple(labels)
    answers = []
    for number in range(1 if student.deterministic else repeats):
        fitted = student.fit(rows, labels=order, seed=derive(seed, "student", number))
        columns = np.array([order.index(v) for v in fitted.labels])
        answers.append(columns[np.argmax(fitted.proba(gold), axis=1)])
    table = np.stack(answers)
    truth = np.array([order.index(row.label) for row in gold])
    return Examined(order, tuple(r.label for r in gold), table, (table == truth).astype(float), len(rows))
