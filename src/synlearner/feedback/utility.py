"""What a draft is worth to a student, as a reward: an acquisition function and a way to get at the student go in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from synlearner.feedback.acquisition import ranked
from synlearner.protocols import Acquisition, Learner, Level
from synlearner.records import Attempt, Measurement, Sample, Score, Unscored

NAME = "utility"


class Utility:
    """An acquisition function under the student that `student` gives when it is asked (None: there is none yet). Values without bounds are
    ranked within the batch, so that all stay within `bounds`.
    """

    level: Level = "sample"

    def __init__(self, function: Acquisition, student: Callable[[], Learner | None], *, name: str = NAME) -> None:
        self.name, self._function, self._student = name, function, student
        self.bounds: tuple[float, float] = function.bounds or (0.0, 1.0)

    def score(self, attempts: Sequence[Attempt]) -> list[Measurement]:
        rows = [a.outcome.row for a in attempts if isinstance(a.outcome, Sample)]
        told = self._function.score(rows, self._student()) if rows else []
        found = iter(told if self._function.bounds else ranked(told))
        return [self._named(next(found)) if isinstance(a.outcome, Sample) else Unscored(self.name, "there is no record") for a in attempts]

    def _named(self, measured: Measurement) -> Measurement:
        return Score(self.name, measured.value) if isinstance(measured, Score) else Unscored(self.name, measured.reason)
