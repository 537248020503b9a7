"""The schema of `compare.json`. Its version is raised when a field changes its meaning or goes away; new fields may come at any time.

What was not measured has no value and says why, and is never 0. Scores are accuracies of fresh students on gold rows, in 0..1; contrasts are
differences of them. Intervals are those of `synlearner.evaluate.clusters`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from synlearner.report.schema import Part, Quantity, Transfer

VERSION = 1
Source = Literal["data sets", "cells"]
Verdict = Literal["better", "worse", "undecided", "unmeasured"]


class TaskScores(Part):
    """One task in one run."""

    task: str
    """Its name."""
    position: int
    """Its place in the order of arrival, from 1; tasks from 2 on have a history."""
    rows: int | None
    """Rows of its data set."""
    gold: int
    """Gold rows."""
    seeds_only: float | None
    """Score of students trained on the seed rows."""
    synthetic: float | None
    """Score of students trained on the data set."""
    synthetic_and_seeds: float | None
    """Score of students trained on both."""
    real: float | None
    """Score of students trained on as many human-made rows."""
    pgr: float | None
    """Performance gap recovered, in percent."""
    cell: float | None
    """R[j, j]: score on the smaller set that the matrix takes; null without a matrix."""


class RunResult(Part):
    """One run."""

    arm: str
    """Its arm."""
    order: str
    """Its order of tasks."""
    seed: int
    """Its seed."""
    folder: str
    """Its folder inside the folder of the comparison."""
    state: Literal["waiting", "unfinished", "finished"]
    """Only finished runs are compared."""
    missing: list[str]
    """What an unfinished run still owes, in words."""
    tasks: list[TaskScores]
    """Tasks in their order of arrival."""
    transfer: Transfer | None
    """The run's own transfer numbers."""
    tokens: int | None
    """Known tokens read and written."""
    seconds: float | None
    """Time of its sessions."""


class ArmResult(Part):
    """An arm over all its runs."""

    arm: str
    """Its name."""
    meaning: str
    """What it is."""
    same_as: str
    """The arm whose settings it has and for which it was not run; empty where it was run."""
    runs: int
    """Finished runs."""
    planned: int
    """Planned runs."""
    score_with_history: Quantity
    """Mean score of students on the data sets of tasks that are not the first."""
    score: Quantity
    """The same over all tasks."""
    average: Quantity
    """Mean final score over all tasks, from the matrix."""
    backward_transfer: Quantity
    """Mean change of the earlier tasks since each was learnt."""
    forgetting: Quantity
    """Mean drop of the earlier tasks from their best score."""
    zero_shot_forward: Quantity
    """Mean score just before learning a task, minus the score before the stream."""
    intransigence: Quantity
    """Mean over all tasks of the isolated score minus the arm's, on data sets."""
    pgr: Quantity
    """Performance gap recovered in percent, of the mean scores over all tasks with real rows."""
    tokens: int | None
    """Known tokens of its finished runs."""
    seconds: float | None
    """Time of its finished runs."""


class Contrast(Part):
    """The stream minus another arm, paired by gold rows, seed and order."""

    against: str
    """The other arm."""
    source: Source
    """Scores on whole data sets, or on the diagonal of the matrix."""
    value: Quantity
    """Mean over tasks with a history."""
    verdict: Verdict
    """Whether the interval lies above, below or around zero."""
    pairs: int
    """Pairs of finished runs."""
    planned: int
    """Planned pairs."""


class TaskContrast(Part):
    """The stream minus another arm on one task in one order, over the seeds."""

    against: str
    """The other arm."""
    task: str
    """The task."""
    order: str
    """The order."""
    position: int
    """The task's place in that order, from 1."""
    value: Quantity
    """Difference of scores on data sets."""


class CurvePoint(Part):
    """A place on a learning curve, over all runs of an arm."""

    round: int
    """The round; 0 is before the first."""
    rows: float
    """Mean number of accepted rows of a task."""
    tokens: float | None
    """Mean known tokens that a task's rows took; null where a part of a run is not told."""
    seconds: float | None = None
    """Mean time of writing them; null as for tokens."""
    money: float | None = None
    """Mean money paid for them; null as for tokens, and where nothing was paid."""
    score: Quantity
    """Mean score on gold over tasks of students trained on seeds and rows so far."""


class ArmCurve(Part):
    """The learning curve of an arm whose rows were written in rounds."""

    arm: str
    """Its name."""
    runs: int
    """Finished runs."""
    points: list[CurvePoint]
    """The curve, as far as all its runs have it."""
    last: Quantity
    """Difference to `rounds-random` after the last round, paired by gold rows, seed and order."""
    height: Quantity
    """Mean of that difference over all rounds."""
    share_of_rows: float | None
    """Share of the rows of `rounds-random` with which the curve reaches its last score; null where it does not."""
    share_of_tokens: float | None
    """The same of its tokens."""
    share_of_seconds: float | None = None
    """The same of its seconds."""
    share_of_money: float | None = None
    """The same of its money."""
    currency: str = ""
    """Of the money; empty where none is known, or runs differ."""


class Win(Part):
    """How often one arm had the higher score than another at the same task, order, seed and round."""

    arm: str
    """The one."""
    against: str
    """The other."""
    rate: float
    """Share of places where it is higher, equal scores counting half."""
    places: int
    """Places that both have."""


class Comparison(Part):
    """The whole of `compare.json`."""

    version: int = VERSION
    """Version of this schema."""
    name: str
    """The stream's name."""
    state: Literal["finished", "unfinished"]
    """`finished`: every planned run is."""
    answer: str
    """Whether history helped, in a sentence."""
    details: list[str]
    """What explains it, in sentences."""
    distrust: list[str]
    """Reasons for caution."""
    orders: list[str]
    """Orders that were compared."""
    seeds: list[int]
    """Seeds that were compared."""
    level: float
    """Level of the intervals."""
    rounds: int
    """Rounds of the bootstrap."""
    arms: list[ArmResult]
    """Every arm."""
    contrasts: list[Contrast]
    """The stream against every other arm; forward transfer (SAPT) is the one against `isolated`."""
    by_task: list[TaskContrast]
    """The same by task, on data sets."""
    runs: list[RunResult]
    """Every planned run."""
    curves: list[ArmCurve] = Field(default_factory=list)
    """Learning curves of the arms whose rows were written in rounds."""
    wins: list[Win] = Field(default_factory=list)
    """Every pair of these arms."""
