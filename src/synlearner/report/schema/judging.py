"""What judges did, and how far they are to be believed."""

from __future__ import annotations

from synlearner.report.schema.values import Interval, Part


class Believed(Part):
    """How a judge does on rows that somebody knows about; definitions in `synlearner.evaluate.judges`. Numbers are null where there were too few such rows."""

    rows: int
    """Known rows that it scored."""
    good: int
    """Those of them that are good."""
    accuracy: Interval | None
    """Share that it tells rightly from a calibrated probability of one half on."""
    chance: float | None
    """Share that always saying the more frequent tells rightly."""
    error: float | None
    """Expected calibration error."""
    rank: float | None
    """Spearman's correlation of its score and goodness."""
    order: float | None
    """Share of pairs of a good and a bad row in which the good one scores higher."""
    reason: str
    """Why it is not believed; empty where it is."""


class JudgeUse(Part):
    """One judge on one task."""

    name: str
    """Engine and model."""
    asked: dict[str, int]
    """Questions by purpose: `calibration`, `rows`, `critique` (lessons), `difficulty` (rounds), `compare`."""
    silent: dict[str, int]
    """Answers that gave nothing, by reason."""
    tokens_in: int
    """Known tokens that it read."""
    tokens_out: int
    """Known tokens that it wrote."""
    seconds: float
    """Time of its answers."""
    known: Believed | None
    """How it did before it read the first row of the task; null where it was not measured."""


class Judging(Part):
    """What judges did on a task. What they cost in money stands with the other models in `spending`."""

    source: str
    """Who knows about the rows that judges were measured on: `people`, `seeds` (seed rows beside seed rows with another label), or `nobody`."""
    judges: list[JudgeUse]
    """Every judge."""
    rows: int
    """Rows that were read, in writing and in learning."""
    answered: dict[str, int]
    """Rows by the number of judges that scored them."""
    agreement: float | None
    """Krippendorff's alpha of the calibrated scores of several judges; null with one."""
    people: Believed | None = None
    """The judges together on rows of this task that people judged since; null where there are none."""
