"""The schema of `ladders.json`. Its version is raised when a field changes its meaning or goes away; new fields may come at any time.

What was not measured has no value and says why, and is never 0. Intervals are bootstraps over rows.
"""

from __future__ import annotations

from typing import Literal

from synlearner.report.schema import Part, Quantity, Spending

VERSION = 1
Verdict = Literal["notices", "does not notice", "taken in", "unmeasured"]


class ClimbResult(Part):
    """A reward on the ladder of one damage."""

    damage: str
    """How rows were damaged."""
    verdict: Verdict
    """What the interval of `tau` says: passes at 0.8 with an interval above 0; taken in where it lies below 0."""
    tau: Quantity
    """Kendall's tau-b of rung and falling mean score: 1 where every rung scores lower than the one before."""
    change: Quantity
    """Mean score of a damaged row minus that of the same row whole."""
    means: list[float | None]
    """Mean score on every rung; the first has no damaged row, on the last all are."""
    pairs: int
    """Rows that have a score both whole and damaged."""
    right: int
    """Those of them that score lower when damaged."""
    wrong: int
    """Those of them that score higher when damaged."""
    unscored: dict[str, int]
    """Rows without a score, whole and damaged, by reason."""


class RewardResult(Part):
    """A reward, a judge, or a function of the user's."""

    name: str
    """The name it was asked for by."""
    level: str
    """What it looks at: an answer (`gate`), a record (`sample`), or the whole batch (`set`)."""
    sentence: str
    """What it notices, in words."""
    climbs: list[ClimbResult]
    """Every damage."""


class PairResult(Part):
    """A judge that compared whole rows with damaged ones, each pair in both orders."""

    judge: str
    """Engine and model of the judge."""
    whole: int
    """Pairs whose whole row won in both orders."""
    damaged: int
    """Pairs whose damaged row won in both orders."""
    ties: int
    """Pairs that were called a tie in both orders."""
    inconsistent: int
    """Pairs whose verdict changed with the order; they count as ties."""
    bias: float | None
    """Position bias: share of pairs that went both times to what was shown first, minus that of what was shown second."""
    unscored: int
    """Pairs for which one answer at least could not be read."""
    share: float | None
    """Share of pairs that the whole row won, ties being half."""


class Ladders(Part):
    """The whole of `ladders.json`."""

    version: int = VERSION
    """Version of this schema."""
    name: str
    """The task."""
    answer: str
    """Who notices what, in a sentence."""
    distrust: list[str]
    """Reasons for caution."""
    source: str
    """Where the rows are from: `seeds` or `pool`."""
    rows: int
    """Rows that were damaged."""
    rungs: int
    """Rungs of each ladder."""
    level: float
    """Level of the intervals."""
    damages: list[str]
    """The ways of damage."""
    rewards: list[RewardResult]
    """Every reward that was asked for."""
    pairs: list[PairResult]
    """Every judge that compared pairs; otherwise empty."""
    spending: Spending
    """What was paid, over all sessions in the folder."""
