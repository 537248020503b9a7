"""Rounds in which a student said which rows it needs."""

from __future__ import annotations

from decimal import Decimal

from synlearner.report.schema.values import Part, Score


class ChosenRow(Part):
    """A row that a round was written around, and why."""

    rank: int
    """Place in the order of choice, from 1."""
    row: str
    """Its id."""
    label: str
    """Its label, which is the one that was asked for; empty for a row of a pool that has none."""
    asked_for: str = ""
    """What was asked for around a row that has no label: the one that the student found likeliest."""
    origin: str
    """`seed`, `pool`, or `synthetic` for a row of an earlier round."""
    criterion: str
    """What chose it: an acquisition function, `all`, or `random` where chance decided."""
    score: float | None
    """Its score, or for sets what it added; null where it has none."""
    how: str
    """`top`, `proportional`, `set` or `random`."""


class RoundChoice(Part):
    """What a round chose from which candidates."""

    round: int
    """The round, from 1."""
    candidates: int
    """Rows that could be chosen."""
    scored: int
    """Those that have a score."""
    unscored: dict[str, int]
    """The others by reason."""
    rows: list[ChosenRow]
    """The chosen rows in the order of choice."""


class RoundPoint(Part):
    """A point of the learning curve: before the first round, and after each."""

    round: int | None
    """The round; null where everything was written at once, and the point is a part of it."""
    rows: int
    """Accepted rows so far."""
    dev: float | None
    """The development score, a cross-validation on the seed rows; null where there is none."""
    dev_rows: int | None
    """Rows of that score."""
    gold: Score | None
    """Score on gold of the student trained on seeds and rows so far; it decided nothing. Null where it was not measured."""
    tokens_in: int | None
    """Known tokens read for these rows; null where a point is a part of what was written at once."""
    tokens_out: int | None
    """Known tokens written for them."""
    seconds: float | None
    """Time of writing them."""
    money: Decimal | None = None
    """What was paid for requests since the rounds began; null where nothing was asked of a server, a price is unknown, or the run did not record it."""


class Rounds(Part):
    """Rounds in which the student said which rows it needs."""

    by: str
    """How rows were chosen, `rounds.by`."""
    done: int
    """Rounds that are done."""
    ended: str
    """Why there was no further one; empty where they have not ended."""
    best: int | None
    """The round whose rows are the data set."""
    why: str
    """Why that one, in words."""
    points: list[RoundPoint]
    """The learning curve."""
    currency: str = ""
    """Of the money; empty where none is known."""
    choices: list[RoundChoice]
    """What was chosen, round by round."""
