"""What a draft is worth to a student, as a reward: an acquisition function and a way to get at the student go in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from synlearner.errors import EngineError, first_line
from synlearner.feedback.acquisition import Ranked, ranked
from synlearner.feedback.rewards import of_samples
from synlearner.protocols import Acquisition, Learner, Level
from synlearner.records import Attempt, Measurement, Row, Score, Unscored

NAME = "utility"


class Utility:
    """An acquisition function under the student that `student` gives when it is asked (None: there is none yet), within `bounds`.

    Values without bounds become the share of the rows `among` that are worth less to that student, equal ones counted half; without such rows, ranks within the batch.
    """

    level: Level = "sample"

    def __init__(self, function: Acquisition, student: Callable[[], Learner | None], *, among: Sequence[Row] = (), name: str = NAME) -> None:
        self._function = function.of if isinstance(function, Ranked) else function
        self.name, self._student, self._among = name, student, tuple(among)
        self.bounds: tuple[float, float] = self._function.bounds or (0.0, 1.0)

    def score(self, attempts: Sequence[Attempt]) -> list[Measurement]:
        return of_samples(self.name, attempts, lambda samples: self._measured([s.row for s in samples]))

    def _measured(self, rows: Sequence[Row]) -> Sequence[Measurement]:
        try:
            student = self._student()
        except (EngineError, ValueError, RuntimeError) as error:
            return [Unscored(self.name, first_line(error))] * len(rows)
        told = self._function.score(rows, student)
        if self._function.bounds:
            return told
        if not self._among:
            return ranked(told)
        known = [m.value for m in self._function.score(self._among, student) if isinstance(m, Score)]
        return [Score(self.name, _share(known, m.value)) if isinstance(m, Score) else m for m in told] if known else ranked(told)


def _share(known: Sequence[float], value: float) -> float:
    """The share of known values below a value, equal ones counted half."""
    return sum(1.0 if k < value else 0.5 if k == value else 0.0 for k in known) / len(known)
