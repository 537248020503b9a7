"""The schema of `audit.json`. Its version is raised when a field changes its meaning or goes away; new fields may come at any time.

What was not measured has no value and says why, and is never 0. Gains are differences of accuracies on development rows, in -1..1. Intervals are those
of `synlearner.evaluate.audit`.
"""

from __future__ import annotations

from synlearner.evaluate.audit import Verdict
from synlearner.report.schema import Part, Quantity

VERSION = 1


class BucketResult(Part):
    """The rows of one bucket, over all repeats."""

    number: int
    """From 1, the lowest scores, on."""
    rows: int
    """Rows of the bucket in each repeat."""
    score: float
    """Mean score."""
    words: float
    """Mean number of words of a row."""
    gain: Quantity
    """What a student gains by learning the bucket beside the seeds."""
    gains: list[float]
    """The gain in each repeat."""


class FunctionResult(Part):
    """One acquisition function, or a control."""

    name: str
    """Its name."""
    control: bool
    """Whether it is a control, which nobody would choose by."""
    verdict: Verdict
    """What both intervals say together."""
    sentence: str
    """The verdict with its numbers, in words."""
    scored: int
    """Rows of the pool with a score."""
    unscored: dict[str, int]
    """Rows without one, by reason."""
    spearman: Quantity
    """Spearman's rank correlation of bucket score and gain within repeats, mean over repeats."""
    kendall: Quantity
    """Kendall's tau-b of the same."""
    over_random: Quantity
    """Gain of the bucket with the highest scores minus the mean gain of random buckets."""
    with_words: float | None
    """Rank correlation of a row's score with its number of words."""
    buckets: list[BucketResult]
    """The buckets, the lowest scores first."""


class Agreement(Part):
    """How alike two functions order the rows of the pool."""

    first: str
    """A function."""
    second: str
    """Another one."""
    value: float | None
    """Spearman's rank correlation of their scores over rows that both scored."""


class Survival(Part):
    """Whether a function's scores survive generation."""

    function: str
    """Its name."""
    pairs: int
    """Pairs of a row and a row written around it that both have a score."""
    items: Quantity
    """Rank correlation of both scores within labels."""
    sets: Quantity
    """Rank correlation of the medians of buckets of rows and of what was written around them."""
    medians: list[tuple[float, float]]
    """These medians, before and after, the bucket with the lowest scores first."""


class Audit(Part):
    """The whole of `audit.json`."""

    version: int = VERSION
    """Version of this schema."""
    name: str
    """What was audited: the pool's name."""
    answer: str
    """Which functions are worth it, in a sentence."""
    distrust: list[str]
    """Reasons for caution."""
    student: str
    """The student's identity."""
    labels: list[str]
    """All labels."""
    strata: list[str]
    """What every bucket has equally much of."""
    repeats: int
    """Repeats; each has its own part of the pool."""
    level: float
    """Level of the intervals."""
    rounds: int
    """Rounds of the bootstrap."""
    seeds: int
    """Seed rows, which every student learns."""
    dev: int
    """Development rows on which gain is measured."""
    aside: int
    """Development rows that only functions which look at such rows see, and that measure no gain."""
    pool: int
    """Rows of the pool that were used."""
    left_out: dict[str, int]
    """Rows of all files that were not, by reason."""
    seeds_only: float
    """Accuracy of students that learnt the seeds alone."""
    functions: list[FunctionResult]
    """Every function, the most useful first, then the controls."""
    agreement: list[Agreement]
    """Every two functions."""
    survival: list[Survival]
    """Every function, where generated rows were given; otherwise empty."""
