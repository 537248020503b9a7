"""The whole of `summary.json`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from synlearner.report.schema.feedback import Feedback
from synlearner.report.schema.memory import Remembered
from synlearner.report.schema.spending import Cost, Spending
from synlearner.report.schema.tasks import TaskSummary
from synlearner.report.schema.transfer import Matrix, Transfer
from synlearner.report.schema.values import Part

VERSION = 1


class OpenStep(Part):
    """A step that has begun and not ended."""

    task: str
    """Its task."""
    name: str
    """Its name."""
    prompts: int
    """Prompts planned."""
    answered: int
    """Prompts that have an answer."""


class Session(Part):
    """One start of the run."""

    started: str
    """When, in UTC."""
    mode: str
    """`new`, `resumed`, or `extended` by further tasks."""
    versions: dict[str, str]
    """Installed versions, Python's and the machine's kind among them."""


class Summary(Part):
    """The whole of `summary.json`."""

    version: int = VERSION
    """Version of this schema."""
    name: str
    """The run's name."""
    seed: int | None
    """The run's seed."""
    state: Literal["finished", "unfinished"]
    """`finished`: every task has its data set and scores, and every planned cell of the matrix is measured."""
    missing: list[str]
    """What an unfinished run still owes, in words."""
    open_steps: list[OpenStep]
    """Steps that have begun and not ended."""
    budget: str
    """Which budget ended the last session, or empty."""
    tasks: list[TaskSummary]
    """Tasks in the order of the stream."""
    matrix: Matrix
    """Scores over the stream."""
    transfer: Transfer
    """Transfer and forgetting."""
    feedback: Feedback
    """Feedback bias."""
    memory: Remembered | None = None
    """What was remembered; null in summaries of older versions."""
    cost: Cost
    """Tokens, time and memory."""
    spending: Spending | None = None
    """Requests and money, and what a row and a point of gain cost; null in summaries of older versions."""
    sessions: list[Session]
    """Every start of the run."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """The resolved run TOML."""
