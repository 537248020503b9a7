"""The schema of `summary.json`. Its version is raised when a field changes its meaning or goes away; new fields may come at any time.

What was not measured is null, never 0. Scores are accuracies of fresh students on gold rows, in 0..1; gains are differences of them.
"""

from __future__ import annotations

from synlearner.report.schema.feedback import Falling, Feedback, FeedbackGroup, FeedbackSlice
from synlearner.report.schema.judging import Believed, JudgeUse, Judging
from synlearner.report.schema.learning import Candidate, Finetune, Reinforce, WarmStart
from synlearner.report.schema.memory import Belief, Recalled, Remembered, Shown, Standing
from synlearner.report.schema.rounds import ChosenRow, RoundChoice, RoundPoint, Rounds
from synlearner.report.schema.spending import CacheUse, Cost, Paid, Spending, Worth
from synlearner.report.schema.summary import VERSION, OpenStep, Session, Summary
from synlearner.report.schema.tasks import SETS, Scores, TaskSummary
from synlearner.report.schema.transfer import Matrix, MatrixRow, Transfer
from synlearner.report.schema.values import Interval, Part, Quantity, Score
from synlearner.report.schema.writing import Counts, Dataset, Recheck, Resemblance, Verifier

__all__ = [
    "SETS",
    "VERSION",
    "Belief",
    "Believed",
    "CacheUse",
    "Candidate",
    "ChosenRow",
    "Cost",
    "Counts",
    "Dataset",
    "Falling",
    "Feedback",
    "FeedbackGroup",
    "FeedbackSlice",
    "Finetune",
    "Interval",
    "JudgeUse",
    "Judging",
    "Matrix",
    "MatrixRow",
    "OpenStep",
    "Paid",
    "Part",
    "Quantity",
    "Recalled",
    "Recheck",
    "Reinforce",
    "Remembered",
    "Resemblance",
    "RoundChoice",
    "RoundPoint",
    "Rounds",
    "Score",
    "Scores",
    "Session",
    "Shown",
    "Spending",
    "Standing",
    "Summary",
    "TaskSummary",
    "Transfer",
    "Verifier",
    "WarmStart",
    "Worth",
]
