"""What other parts of the summary are made of: a frozen piece, a mean with its limits, a number that may be missing."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A frozen piece of the summary."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Interval(Part):
    """A mean with its bootstrap interval."""

    mean: float
    """Mean over students and gold rows."""
    low: float
    """Lower limit."""
    high: float
    """Upper limit."""
    level: float
    """Share of the bootstrap within the limits, for example 0.95."""
    n: int
    """Gold rows."""


class Score(Interval):
    """An accuracy with its interval."""

    macro_f1: float | None = None
    """F1 averaged over the labels and students."""


class Quantity(Part):
    """A number that follows from the matrix, or the reason why it does not."""

    value: float | None
    """The number."""
    reason: str
    """Why there is none; empty where there is one."""
    interval: Interval | None = None
    """Paired bootstrap over the gold rows and students of each task, `n` being the gold rows of all tasks in it; null without a value or without recorded answers."""
    remark: str = ""
    """Why a value has no interval; empty where it has one or is null."""
