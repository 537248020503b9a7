"""The run in one minute: what was made, whether it helped, whether history helped, what it cost. Each is a question with short answers.

Nothing is said that was not measured: a question without an answer says what is missing.
"""

from __future__ import annotations

from typing import NamedTuple

from synlearner.report.recipe import writer_of
from synlearner.report.schema import Quantity, Summary, TaskSummary, Worth
from synlearner.report.spending import amount, worded
from synlearner.report.words import duration, gain_text, listed, lost, number, points, sentence, share, verdict

MOST = 6


class Question(NamedTuple):
    """What a stranger asks first, and what the run answers."""

    asked: str
    answers: tuple[str, ...]


def minute(summary: Summary) -> list[Question]:
    """The four questions with their answers."""
    asked = (("What was made?", _made), ("Did it help?", _helped), ("Did history help?", _history), ("What did it cost?", _cost))
    return [Question(question, tuple(a for a in answer(summary) if a)) for question, answer in asked]


def _made(summary: Summary) -> list[str]:
    done = [t for t in summary.tasks if t.dataset]
    if not done:
        return ["No data set is finished yet."]
    rows, writer = sum(t.dataset.rows for t in done if t.dataset), writer_of(summary.settings)
    parts = [c for t in done for c in (t.synthesis,) if c]
    drafts, refused = sum(c.planned for c in parts), sum(c.dropped for c in parts)
    sets = listed([f"{t.name} ({t.dataset.rows:,})" for t in done if t.dataset], MOST)
    said = f"{rows:,} labelled rows for {number(len(done), 'task')}{f', written by {writer}' if writer else ''}: {sets}."
    return [said, f"Of {drafts:,} drafts {refused:,} were rejected, each with a reason." if drafts else ""]


def _helped(summary: Summary) -> list[str]:
    found = {v: [t for t in summary.tasks if verdict(t) == v] for v in ("better", "worse", "undecided")}
    named = {"better": "Better with synthetic rows", "worse": "Worse with synthetic rows", "undecided": "Cannot be told from chance"}
    said = [f"{named[v]}: {_gains(tasks)}." for v, tasks in found.items() if tasks]
    if not said:
        return ["Not measured yet."]
    level = next(t.gain.level for t in summary.tasks if t.gain)
    meant = "Points of accuracy that a fresh classifier gains over the seed rows alone, on rows that the generator never saw (gold rows)"
    return [*said, f"{meant}, with {share(level)} intervals."]


def _gains(tasks: list[TaskSummary]) -> str:
    return listed([f"{t.name} {gain_text(t.gain)}" for t in tasks], MOST)


def _history(summary: Summary) -> list[str]:
    if len(summary.tasks) < 2:
        return ["There is one task, so there is no history."]
    return [_ahead(summary.transfer.zero_shot_forward, unfinished=bool(summary.missing)), lost(summary.transfer.forgetting, summary)]


def _ahead(q: Quantity, *, unfinished: bool) -> str:
    """Whether the generator was better on tasks before it learnt them, by what it had learnt on others."""
    if q.value is None:
        why = q.reason.replace("not measured: ", "scores are missing of ", 1)
        return f"Not known{' yet' if unfinished else ''}: {why}."
    seen, against = f"after earlier tasks, what the generator writes for the next one is worth {points(q.value)} points", "against before the stream"
    if q.interval is None:
        return f"{sentence(seen)} {against}; there is no interval, so this may be chance."
    limits = f"({points(q.interval.low)} to {points(q.interval.high)})"
    if q.interval.low <= 0 <= q.interval.high:
        return f"Cannot be told from chance: {seen} {limits} {against}."
    told = "It seems so" if q.interval.low > 0 else "It seems to have done harm"
    return f"{told}: {seen} {limits} {against}. Whether it was history, only control runs can tell: `synlearner compare`."


def _cost(summary: Summary) -> list[str]:
    c, s = summary.cost, summary.spending
    took = duration(c.seconds if c.seconds is not None else c.generation_seconds)
    said = [f"{took}{'' if c.seconds is not None else ' of generation'}, {c.tokens_in + c.tokens_out:,} tokens read and written."]
    if s is None:
        return said
    if s.models:
        said.append(f"{number(s.requests, 'request')} to servers: {worded(s.money, s.at_most, s.currency, s.reason)}.")
    else:
        said.append("No money: no server was asked.")
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
