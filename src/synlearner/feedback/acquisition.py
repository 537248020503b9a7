"""Acquisition functions: what rows are worth to a student as it is now. Rows and a student go in, one Score or Unscored for each row comes out.

Larger is better throughout. Each function is found by its name in the registry's socket `acquisition`; names with `:reference` compute what published code does,
for comparison (arXiv 2605.13149, 2512.00884). A student serves a function through the small sockets of `protocols`; where it
cannot, and for rows whose label it does not know, the rows are Unscored with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from synlearner.errors import EngineError, first_line, one_line
from synlearner.feedback.kept import Cache, Kept
from synlearner.protocols import Acquisition, Embedder, Fitted, Learner, Level, Picking
from synlearner.records import Measurement, Row, Score, Unscored
from synlearner.registry import find, names
from synlearner.stream.kinds import Match, same_text

NO_STUDENT = "there is no student"


@dataclass(frozen=True, slots=True)
class Means:
    """What functions are made with. `embedder` and `seeds` serve those of texts, `dev` influence, `tries` is k of answers, `rate` the size of a
    step; `match` says which answers of an open kind are right; `cache` keeps scores of students that have a key.
    """

    embedder: Embedder | None = None
    seeds: Sequence[Row] = ()
    dev: Sequence[Row] = ()
    seed: int = 0
    tries: int = 16
    rate: float = 0.1
    match: Match = same_text
    cache: Cache | None = field(default=None, compare=False)


def acquisition(name: str, means: Means) -> Acquisition:
    """The function of that name. Raises `SpecError` for a name that nobody knows."""
    made: Acquisition = find("acquisition", name)(means)
    return Kept(made, means.cache) if means.cache is not None and made.level == "sample" and not isinstance(made, Picking) else made


def known() -> list[str]:
    """The names of all functions."""
    return names("acquisition")


class CannotTellError(ValueError):
    """A student, or what a function was made with, cannot serve the function: why, for all rows."""


# Values of the rows, not-a-number where there is none, and the reason for some of these.
Found = tuple[Any, Mapping[int, str]]
Compute = Callable[[Sequence[Row], Learner | None], Found]


@dataclass(frozen=True, slots=True)
class Function:
    """An acquisition function made of one that computes: a failure of it leaves all rows Unscored."""

    name: str
    identity: str
    compute: Compute
    bounds: tuple[float, float] | None = None
    level: Level = "sample"

    def score(self, rows: Sequence[Row], student: Learner | None) -> list[Measurement]:
        if not rows:
            return []
        try:
            values, reasons = self.compute(rows, student)
        except (EngineError, ValueError, RuntimeError) as error:
            return [Unscored(self.name, _said(error))] * len(rows)
        return [Score(self.name, float(v)) if math.isfinite(v) else Unscored(self.name, reasons.get(i, "no finite number came out")) for i, v in enumerate(values)]


@dataclass(frozen=True, slots=True)
class Ranked:
    """Ranks in 0..1 among the rows that are scored together; equal values have equal ranks. A row alone has the rank 0.5."""

    of: Acquisition

    level: Level = "set"
    bounds: tuple[float, float] | None = (0.0, 1.0)

    @property
    def name(self) -> str:
        return self.of.name

    @property
    def identity(self) -> str:
        return f"rank of {self.of.identity}"

    def score(self, rows: Sequence[Row], student: Learner | None) -> list[Measurement]:
        return ranked(self.of.score(rows, student))


def ranked(measured: Sequence[Measurement]) -> list[Measurement]:
    """Every measured value as its mean rank, from 0 (the smallest) to 1 (the largest)."""
    import numpy as np

    values = np.array([m.value for m in measured if isinstance(m, Score)])
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts + 1) / 2
    ranks = iter((middle / max(1, len(values) - 1))[places] if len(values) > 1 else np.full(len(values), 0.5))
    return [Score(m.name, float(next(ranks))) if isinstance(m, Score) else m for m in measured]


# -- what functions share --------------------------------------------------------------------------------------------------------


def labelled(student: object) -> Fitted:
    """The student, if it gives probabilities of labels; raises `CannotTellError` otherwise."""
    if student is None:
        raise CannotTellError(NO_STUDENT)
    if not getattr(student, "labels", ()) or not hasattr(student, "proba"):
        raise CannotTellError(lacks(student, "gives no probabilities of labels"))
    return cast(Fitted, student)


def lacks(student: object, what: str) -> str:
    """Why a function cannot be served: there is no student, or it lacks something."""
    return NO_STUDENT if student is None else f"the student {what}"


def unlabelled(rows: Sequence[Row]) -> dict[int, str]:
    """Why a row may have no number where the student itself looks at labels and lengths."""
    return dict.fromkeys(range(len(rows)), "the row has no label that the student knows, or is too long for it")


def _said(error: Exception) -> str:
    return first_line(error) if isinstance(error, CannotTellError | EngineError) else one_line(error)
