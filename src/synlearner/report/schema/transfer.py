"""The matrix of scores over the stream, and what it says about transfer and forgetting."""

from __future__ import annotations

from synlearner.report.schema.values import Part, Quantity, Score
from synlearner.report.schema.writing import Counts


class MatrixRow(Part):
    """Scores on every task at one point of the stream."""

    after: str
    """`before`, or `after <task>`."""
    i: int
    """Position of that task; -1 is before the stream."""
    cells: list[Score | None]
    """One score per task of the stream; null where it was not measured."""


class Matrix(Part):
    """R: what a student learns from rows that the generator, at each point of the stream, writes for each task."""

    tasks: list[str]
    """The columns, in the order of the stream."""
    rows: list[MatrixRow]
    """`before` and one row per task. Empty where the run measures no matrix."""
    counts: Counts | None
    """The writing of the cells' rows."""


class Transfer(Part):
    """What the matrix says about transfer and forgetting; definitions in `synlearner.evaluate.continual`."""

    average: Quantity
    """Mean final score over all tasks."""
    backward_transfer: Quantity
    """Mean change of the earlier tasks since each was learnt."""
    forgetting: Quantity
    """Mean drop of the earlier tasks from their best score."""
    zero_shot_forward: Quantity
    """Mean score just before learning a task, minus the score before the stream."""
