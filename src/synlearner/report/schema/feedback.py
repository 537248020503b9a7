"""Our score of rows beside what people say of them."""

from __future__ import annotations

from pydantic import Field

from synlearner.report.schema.values import Interval, Part


class FeedbackSlice(Part):
    """What people say of the rows of a task, or of one of its labels, beside our own score of them (0 to 1)."""

    task: str
    """The task."""
    label: str
    """The label; empty for the whole task."""
    rows: int
    """Kept rows of the task's writing."""
    judged: int
    """Those of them that people judged, drawn for review."""
    unscored: int
    """Rows without a score of ours."""
    score: float | None
    """Mean of our score over the judged rows."""
    people: float | None
    """Share of the judged rows that people accept."""
    difference: Interval | None
    """Our score minus the people's, on rows that have both, `n` of them."""
    rank: float | None
    """Spearman's correlation of the two; null where one of them does not vary."""
    rho2: float | None
    """Share of the verdicts that our score saves; null with fewer than ten."""
    saved: float | None
    """Further verdicts that the same interval would take without our score."""
    quality: Interval | None
    """Share of all rows that people would accept, from the verdicts and the scores of all rows; `n` are the judged ones."""


class Falling(Part):
    """How our score goes with the verdicts on a task, beside the tasks before it."""

    task: str
    """The task."""
    before: float
    """rho^2 on the tasks before it."""
    now: float
    """rho^2 on this task."""
    alarm: bool
    """The correlation fell by more than chance explains."""


class FeedbackGroup(Part):
    """Judged rows of a task with one label, or one value of an attribute, beside the task's other judged rows."""

    task: str
    """The task."""
    attribute: str
    """Name of the attribute; empty for a label."""
    value: str
    """The label, or the attribute's value."""
    judged: int
    """Judged rows of the group that have a score of ours."""
    others: int
    """Those of the task outside it."""
    difference: float
    """Our score minus the people's, mean over the group."""
    beyond: float
    """By how much that is above the others'."""
    adjusted: float
    """Chance of so much if the group were drawn without regard to what it is, corrected by Holm for all groups of the run."""
    odd: bool
    """`adjusted` is at most 0.05."""


class Feedback(Part):
    """Feedback bias: our score against people's verdicts; definitions in `synlearner.evaluate.bias`."""

    reason: str
    """Why there is nothing to tell; empty where there is."""
    verdicts: int
    """Verdicts that count, those on rows that somebody looked for among them."""
    slices: list[FeedbackSlice] = Field(default_factory=list)
    """Every task and behind it its labels."""
    difference: Interval | None = None
    """Our score minus the people's: the mean over the judged tasks."""
    drift: Interval | None = None
    """By how much that difference grows from one task to the next; null with fewer than two judged tasks."""
    falling: list[Falling] = Field(default_factory=list)
    """Tasks that can be compared with the ones before them."""
    groups: list[FeedbackGroup] = Field(default_factory=list)
    """Labels and attribute values with at least ten judged rows inside and outside, in the order of the tasks."""
