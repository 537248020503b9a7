"""The run in one minute: what was made, whether it helped, whether history helped, what it cost. Each is a question with short answers.

Nothing is said that was not measured: a question without an answer says what is missing.
"""

from __future__ import annotations

from typing import NamedTuple

from synlearner.report.recipe import model_of
from synlearner.report.schema import Quantity, Summary, TaskSummary, Worth
from synlearner.report.spending import amount, worded
from synlearner.report.words import duration, gain_text, listed, lost, number, points, verdict

MOST = 6


class Question(NamedTuple):
    """What a stranger asks first, and what the run answers."""

    asked: str
    answers: tuple[str, ...]


def minute(summary: Summary) -> list[Question]:
    """The four questions with their answers."""
    asked = (("What was made", _made), ("Did it help?", _helped), ("Did history help?", _history), ("What did it cost?", _cost))
    return [Question(question, tuple(a for a in answer(summary) if a)) for question, answer in asked]


def _made(summary: Summary) -> list[str]:
    done = [t for t in summary.tasks if t.dataset]
    if not done:
        return ["No data set is finished yet."]
    rows, writer = sum(t.dataset.rows for t in done if t.dataset), model_of(summary.settings)
    parts = [c for t in done for c in (t.synthesis,) if c]
    drafts, refused = sum(c.planned for c in parts), sum(c.dropped for c in parts)
    sets = listed([f"{t.name} ({t.dataset.rows:,})" for t in done if t.dataset], MOST)
    said = f"{rows:,} labelled rows for {number(len(done), 'task')}{f', written by {writer}' if writer else ''}: {sets}."
    return [said, f"Of {drafts:,} drafts {refused:,} were rejected, each with a reason." if drafts else ""]


def _helped(summary: Summary) -> list[str]:
    found = {v: [t for t in summary.tasks if verdict(t) == v] for v in ("better", "worse", "undecided")}
    named = {"better": "Students got better with it", "worse": "Students got worse with it", "undecided": "Cannot be told from chance"}
    said = [f"{named[v]}: {_gains(tasks)}." for v, tasks in found.items() if tasks]
    if not said:
        return ["Not measured yet."]
    level = next(t.gain.level for t in summary.tasks if t.gain)
    return [*said, f"Points of accuracy on gold rows, seeds with synthetic rows over seeds alone, with {level:.0%} intervals."]


def _gains(tasks: list[TaskSummary]) -> str:
    return listed([f"{t.name} {gain_text(t.gain)}" for t in tasks], MOST)


def _history(summary: Summary) -> list[str]:
    if len(summary.tasks) < 2:
        return ["There is one task, so there is no history."]
    return [_ahead(summary.transfer.zero_shot_forward), lost(summary.transfer.forgetting, summary)]


def _ahead(q: Quantity) -> str:
    if q.value is None:
        return f"Not known: {q.reason}."
    if q.interval is None:
        return f"Just before they were learnt, later tasks stood at {points(q.value)} points over the generator before the stream; there is no interval."
    limits = f"({points(q.interval.low)} to {points(q.interval.high)})"
    told = "better" if q.interval.low > 0 else "worse" if q.interval.high < 0 else ""
    seen = f"Just before they were learnt, later tasks stood at {points(q.value)} points {limits} over the generator before the stream"
    return f"{seen}: {told}. Whether history did it, control runs tell (synlearner compare)." if told else f"{seen}, which cannot be told from chance."


def _cost(summary: Summary) -> list[str]:
    c, s = summary.cost, summary.spending
    took = duration(c.seconds if c.seconds is not None else c.generation_seconds)
    said = [f"{took}{'' if c.seconds is not None else ' of generation'}, {c.tokens_in + c.tokens_out:,} tokens read and written."]
    if s is None:
        return said
    if s.models:
        said.append(f"{number(s.requests, 'request')} to servers: {worded(s.money, s.at_most, s.currency, s.reason)}.")
    gained = _each(s.per_point, "A point of gain", s.currency)
    doubt = s.per_point.count is not None and not any(verdict(t) == "better" for t in summary.tasks)
    return [*said, _each(s.per_row, "A row", s.currency), f"{gained.removesuffix('.')}, if there was a gain: none can be told from chance." if doubt else gained]


def _each(worth: Worth, what: str, currency: str) -> str:
    """What one of something took: money where it is known, and tokens."""
    if worth.count is None:
        return f"{what} has no price: {worth.reason}."
    tokens = f"{worth.tokens:,.0f} tokens" if worth.tokens is not None else ""
    money = f"{amount(worth.money)} {currency}" if worth.money is not None else f"at most {amount(worth.at_most)} {currency}" if worth.at_most is not None else ""
    both = " and ".join(part for part in (money, tokens) if part)
    return f"{what} took {both}." if both else f"{what} has no price: {worth.reason}."
