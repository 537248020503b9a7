"""How the data set is written: `[synthesis]` and `[rounds]`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from synlearner.stream.specs.values import Count, Share, Spec


class SynthesisSpec(Spec):
    """The data set itself: `rows` accepted rows are wanted, equally many of each label; at most `attempts` × rows prompts are spent on them."""

    rows: int = Field(240, ge=1)
    attempts: float = Field(2.0, ge=1.0)
    plan: str = "balanced"
    few_shot: Count = 4
    few_shot_own: Share = 0.5
    correct: bool = True


# What `rounds.by` may be besides an acquisition function: things to compare with.
COMPARED = ("random", "all", "static")


class RoundsSpec(Spec):
    """Closed rounds, in which the student says what it needs: score the rows, choose `around` of them, write around these, train, and again.

    `by` is an acquisition function, `judge` (the judges compare the student's answer with the row's own), or something to compare with: `random` (chance chooses), `all`
    (every row in turn), `static` (no rounds: all is written at once). `pick`: the highest scores (`top`), chance in proportion to them, what rows add as a `set`, or
    whichever suits the function (`best`: a set where it can choose one); the share `random` is left to chance. `candidates`: the seed rows, those of the task's pool, or
    `all`: both, and what was written so far. `balanced`: equally many rows of every label, whatever the scores. At most `rounds` rounds of `rows` rows (0: equal parts of
    `synthesis.rows`, which is the most they write together). The development score is a cross-validation on the seed rows in `folds`; after `plateau` rounds without a
    better one (0: never) the rounds end, and so they do when their own `tokens` or `seconds` are spent. `tune`: between rounds the generator is fine-tuned on what was kept.
    """

    enabled: bool = False
    by: str = "representative"
    pick: Literal["best", "top", "proportional", "set"] = "best"
    random: Share = 0.2
    candidates: Literal["seeds", "pool", "all"] = "all"
    balanced: bool = True
    rounds: int = Field(5, ge=1)
    rows: Count = 0
    around: int = Field(16, ge=1)
    folds: int = Field(5, ge=2, le=50)
    plateau: Count = 2
    tokens: int | None = Field(None, ge=1)
    seconds: float | None = Field(None, gt=0.0)
    tune: bool = False
