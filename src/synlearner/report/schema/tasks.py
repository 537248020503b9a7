"""One task of the stream, from its seeds to its gain."""

from __future__ import annotations

from typing import Literal

from synlearner.report.schema.judging import Judging
from synlearner.report.schema.learning import Finetune, Reinforce, WarmStart
from synlearner.report.schema.rounds import Rounds
from synlearner.report.schema.values import Interval, Part, Score
from synlearner.report.schema.writing import Counts, Dataset, Recheck, Verifier

SETS = ("seeds_only", "synthetic", "synthetic_and_seeds", "real")


class Scores(Part):
    """Scores of the same student on four sets of rows; null where there was no such set."""

    seeds_only: Score | None
    """Trained on the seed rows."""
    synthetic: Score | None
    """Trained on the synthetic rows."""
    synthetic_and_seeds: Score | None
    """Trained on both."""
    real: Score | None
    """Trained on as many human-made rows as there are synthetic ones."""


class TaskSummary(Part):
    """One task of the stream."""

    name: str
    """The task's name."""
    kind: str
    """The task's kind."""
    student: str = ""
    """The student that was examined; empty in runs that did not record it."""
    state: Literal["waiting", "unfinished", "finished"]
    """`waiting`: not begun; `finished`: data set and scores are there."""
    labels: list[str]
    """Labels in their declared order."""
    seeds: int
    """Seed rows."""
    gold: int
    """Gold rows."""
    real: int
    """Human-made training rows to compare with."""
    pool: int = 0
    """Rows of its pool, around which rounds may write."""
    language: str
    """As declared by the task; may be empty."""
    licence: str
    """As declared by the task; may be empty."""
    warm_start: WarmStart | None = None
    """What the task started from; null where nothing is carried, and in runs that did not record it."""
    probe: Counts | None = None
    """The writing of the probe for the warm start; null where there was none."""
    explore: Counts | None
    """The exploration before the generator learns."""
    finetune: Finetune | None
    """The learning."""
    reinforce: Reinforce | None = None
    """The learning from rewards; null where it was off."""
    synthesis: Counts | None
    """The writing of the data set, all rounds together."""
    rounds: Rounds | None = None
    """The rounds in which it was written; null where there were none."""
    dataset: Dataset | None
    """The data set."""
    recheck: Recheck | None = None
    """The data set and the gold rows of tasks that joined the stream later; null where none did."""
    scores: Scores | None
    """Student scores."""
    gain: Interval | None
    """Paired difference `synthetic_and_seeds` - `seeds_only`."""
    pgr: float | None
    """Performance gap recovered, in percent: 100 (synthetic - seeds only) / (real - seeds only)."""
    pgr_interval: Interval | None = None
    """Interval of `pgr`, in percent; null where real rows are not clearly better than the seeds, and in runs that did not record it."""
    verifier: Verifier | None
    """The label check, where the run recorded one."""
    judging: Judging | None = None
    """What judges did; null where nobody judged."""
    notes: list[str]
    """What the evaluation had to leave out, and why."""
    seconds: float
    """Time of the task's finished steps, matrix apart."""
