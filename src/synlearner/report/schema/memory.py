"""What a memory told the tasks of a run, and what the run added to it."""

from __future__ import annotations

from pydantic import Field

from synlearner.report.schema.values import Part


class Belief(Part):
    """What a task was told of an attribute value: how likely a row that asks for it is accepted, by earlier tasks."""

    attribute: str
    """Name of the attribute."""
    value: str
    """Its value."""
    prompts: float
    """Prompts of earlier tasks that asked for it, each counting as far as its task is similar."""
    mean: float
    """Mean of the posterior of acceptance, over all labels."""
    low: float
    """Lower limit of its central 95 %."""
    high: float
    """Upper limit."""


class Shown(Part):
    """A lesson that some prompts of a task showed, and how these did beside the others."""

    lesson: str
    """Its id."""
    text: str
    """What it says."""
    prompts: int | None
    """Prompts that showed it; null where too few did or did not to compare, or the task is not finished."""
    accepted: int | None
    """Accepted rows among them."""
    others: int | None
    """Prompts that did not show it."""
    others_accepted: int | None
    """Accepted rows among these."""
    better: bool | None
    """Prompts that showed it did better by more than a standard error."""


class Recalled(Part):
    """What the memory told a task."""

    task: str
    """The task."""
    episodes: int
    """Episodes that the memory had."""
    lessons: int
    """Lessons that it had."""
    quarantined: int
    """Those of them that were kept back."""
    similar: dict[str, float]
    """Earlier tasks by name, with their similarity."""
    usual: float | None
    """Mean of the posterior of acceptance over all values; null where nothing was known."""
    beliefs: list[Belief]
    """Attribute values by what was known of them."""
    shown: list[Shown]
    """Lessons that its prompts showed."""


class Standing(Part):
    """A lesson as the run's own events have it, whether it was shown or only said."""

    lesson: str
    """Its id."""
    text: str
    """What it says, in the latest words."""
    tasks: list[str]
    """Tasks of the run that said it."""
    counts: dict[str, int]
    """Events of the run about it: `add`, `agree`, `edit`, `remove`, and `used` for tasks in which it was compared."""
    better: int
    """Uses in which prompts that showed it did better."""
    quarantine: str
    """Why no prompt may show it; empty where one may."""


class Remembered(Part):
    """What a memory told the tasks of the run, and what the run added to it."""

    reason: str
    """Why there is nothing to tell; empty where there is."""
    place: str
    """Where the memory lies: `run folder`, a file's name, or a server without user and password."""
    tasks: list[Recalled] = Field(default_factory=list)
    """What each task was told."""
    lessons: list[Standing] = Field(default_factory=list)
    """Lessons that the run said or showed."""
    kept_back: list[Standing] = Field(default_factory=list)
    """Quarantined lessons that lie in the memory's file now, without counts; empty where it lies on a server."""
