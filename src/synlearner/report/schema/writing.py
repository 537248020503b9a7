"""What became of prompts, and the data set that they ended in."""

from __future__ import annotations

from pydantic import Field

from synlearner.report.schema.values import Part


class Counts(Part):
    """What became of the prompts of one or more finished writing steps: planned = kept + sum(rejected) + failed."""

    steps: int
    """Finished steps that were added up."""
    planned: int
    """Prompts."""
    kept: int
    """Rows that passed everything."""
    rejected: dict[str, int]
    """Rows that did not, by reason, the most frequent first."""
    failed: int
    """Prompts that got no answer."""
    unscored: dict[str, int]
    """By measurement: rows for which it could not be made."""
    corrected: int
    """Kept or filtered rows that needed a second answer."""
    tokens_in: int
    """Known tokens read."""
    tokens_out: int
    """Known tokens written."""
    seconds: float
    """Time of the steps."""
    pair_coverage: float | None
    """Share of pairs of attribute values that the first step's plan covers."""

    @property
    def dropped(self) -> int:
        """All rejected rows."""
        return sum(self.rejected.values())


class Dataset(Part):
    """The data set that the task ended with."""

    rows: int
    """Rows in the file."""
    wanted: int
    """Rows that were asked for."""
    complete: bool
    """Whether there are as many as were asked for."""
    file: str
    """The file inside the run folder."""
    per_label: dict[str, int]
    """Rows by label."""
    short: dict[str, int] = Field(default_factory=dict)
    """Rows that are missing, by label; empty in runs that did not record it."""
    diversity: dict[str, dict[str, float | None] | None]
    """By set (`synthetic`, `seeds`, `real`): diversity metrics by name; null where the set is too small or not there."""


class Resemblance(Part):
    """A row of a data set that resembles a gold row which joined the stream later."""

    row: str
    """Id of the row."""
    gold_task: str
    """Task of the gold row."""
    gold_row: str
    """Its id."""
    resembles: str
    """In what, in words."""


class Recheck(Part):
    """A data set that is older than some tasks of the stream, compared with their gold rows. Its rows stay as they are."""

    rows: int
    """Rows compared."""
    matches: list[Resemblance]
    """Those that resemble a gold row."""


class Verifier(Part):
    """The classifier that checked labels without seeing them."""

    accuracy: float | None
    """Its accuracy on held-out seed rows."""
    trusted: bool | None
    """Whether its verdicts were used."""
    reason: str
    """Why not, where they were not."""
