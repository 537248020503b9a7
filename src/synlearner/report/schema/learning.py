"""What the generator started from, and what it learnt."""

from __future__ import annotations

from pydantic import Field

from synlearner.report.schema.values import Part


class Finetune(Part):
    """What the generator learnt from the task."""

    skipped: str
    """Why nothing was learnt; empty where something was."""
    adapter: str | None
    """Folder of the adapter inside the run folder."""
    lessons: int
    """Examples of this task."""
    replayed: int
    """Examples of earlier tasks."""
    loss_first: float | None
    """Training loss at the beginning."""
    loss_last: float | None
    """Training loss at the end."""
    seconds: float
    """Time of the step."""


class Candidate(Part):
    """A way to start a task. Numbers are null where it was not probed."""

    name: str
    """`fresh`, `latest`, `nearest` or `merged`."""
    task: str
    """The earlier task that ended with the adapter; empty for none or several."""
    adapter: str | None
    """Folder of the adapter inside the run folder; null for the base model."""
    similarity: float | None
    """Cosine of the fingerprints of that task and the new one."""
    mean: float | None
    """Mean worth, in 0..1, of what it wrote for the probe's prompts."""
    n: int | None
    """Prompts of that mean."""
    difference: float | None
    """Mean of the paired differences to `fresh`."""
    error: float | None
    """Standard error of that mean."""
    pairs: int | None
    """Prompts for which both were measured."""


class WarmStart(Part):
    """What the task started from, and why."""

    setting: str
    """`experience.warm_start`."""
    chosen: str
    """Name of the candidate."""
    adapter: str | None
    """Its adapter; null for the base model."""
    why: str
    """The reason, in words."""
    candidates: list[Candidate]
    """What there was to choose from."""


class Reinforce(Part):
    """What the generator learnt from rewards on its own drafts."""

    method: str
    """`hro` (GRPO), `best_of` or `dpo`."""
    steps: int
    """Training steps, or judged batches of drafts."""
    ended: str
    """Why it ended."""
    alarm: bool
    """Whether that was a collapse."""
    curve: list[dict[str, float]]
    """Per step: `valid`, `total` and `level/` (mean rewards), `mean/`, `spread/`, `flat/`, `weight/`, `unscored/` of each reward; of GRPO `loss`, `kl`, `entropy`."""
    tokens_out: int
    """Tokens of the drafts."""
    seconds: float
    """Time of the training."""
    before: float | None = None
    """Mean worth of a draft on the probe before; null where nothing was learnt, or nothing could be compared."""
    after: float | None = None
    """The same after it."""
    difference: float | None = None
    """Mean paired difference on the same prompts."""
    standard_error: float | None = None
    """Of that difference."""
    adopted: bool | None = None
    """Whether the generator went on with what it had learnt; null where nothing was learnt."""
    why: str = ""
    """Why, in words."""
    rewards: dict[str, dict[str, float]] = Field(default_factory=dict)
    """`before` and `after`: the mean of every reward on the probe."""
