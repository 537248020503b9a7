"""Rows to read: a few kept ones per label and a few rejected ones per reason, drawn from the ledger with the run's seed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from synlearner.records import Measurement, Rejection, Sample, Score
from synlearner.report.rounds import results
from synlearner.report.schema import Summary
from synlearner.seeding import rng
from synlearner.store.ledger import Ledger, Step

MOST_LABELS = 60
MOST_REFUSED = 12
PER_REASON = 2
MOST_CHANGED = 6
MOST_ROUNDS, PER_ROUND = 6, 4
MOST_CHARACTERS = 700
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kept:
    """A row that passed everything, with its plan and its measurements."""

    fields: Mapping[str, str]
    attributes: Mapping[str, str]
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Refused:
    """A row or answer that did not: why, and what the generator wrote."""

    label: str
    reason: str
    detail: str
    raw: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row that a round was written around: the round, its rank, its label, why it was chosen in words, and its text."""

    round: int
    rank: int
    label: str
    why: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reading:
    """What there is to read of one task. `hidden` labels have rows that are not shown here."""

    kept: Mapping[str, Sequence[Kept]]
    refused: Sequence[Refused]
    hidden: int
    changed: Sequence[tuple[str, Mapping[str, str] | None, Mapping[str, str] | None]] = ()
    """What rewards changed: a label, and what was written for one prompt before and after; None for an answer that was no row."""
    wanted: Sequence[Wanted] = ()
    """The rows that came first in each round's choice."""


def readings(ledger: Ledger, summary: Summary) -> dict[str, Reading]:
    """By task: what to read of its synthesis, or where that has no verdicts yet, of its exploration."""
    steps = ledger.steps()
    return {t.name: _reading(ledger, steps, t.name, t.labels, summary.seed or 0) for t in summary.tasks}


def clipped(text: str, most: int = MOST_CHARACTERS) -> str:
    """The beginning of a long text, with a note how much is left out."""
    return text if len(text) <= most else f"{text[:most]} … ({len(text) - most:,} more characters)"


def _reading(ledger: Ledger, steps: Sequence[Step], task: str, labels: Sequence[str], seed: int) -> Reading:
    kept: dict[str, list[Kept]] = defaultdict(list)
    refused: list[Refused] = []
    for stem in ("synthesis", "explore"):
        for step in (s for s in steps if s.task == task and s.name.partition(".")[0] == stem):
            _read(ledger, step.key, kept, refused)
        if kept or refused:
            break
    each = 3 if len(labels) <= 10 else 2 if len(labels) <= 20 else 1
    shown = {label: _some(kept[label], each, seed, task, "kept", label) for label in labels or sorted(kept) if kept.get(label)}
    return Reading(
        dict(list(shown.items())[:MOST_LABELS]), _varied(refused, seed, task), max(0, len(shown) - MOST_LABELS), _changed(ledger, steps, task, seed), _wanted(steps, task)
    )


def _wanted(steps: Sequence[Step], task: str) -> list[Wanted]:
    """The first rows that each round chose, of at most so many rounds."""
    found = results({s.name: s for s in steps if s.task == task}, "choose")
    picked = found if len(found) <= MOST_ROUNDS else [*found[: MOST_ROUNDS // 2], *found[-MOST_ROUNDS // 2 :]]
    return [Wanted(c["round"], r["rank"], _named(r), _why(r), r["fields"]) for c in picked for r in c["chosen"][:PER_ROUND]]


def _named(row: Mapping[str, Any]) -> str:
    """The label of a chosen row, or what was asked for around one that has none."""
    said = row["label"] or (f"without a label, {row['asked_for']} was asked for" if row.get("asked_for") else "")
    return f"{said}, from the pool" if row["origin"] == "pool" and said else said


def _why(row: Mapping[str, Any]) -> str:
    if row["how"] == "random":
        return "by chance"
    how = {"top": "one of the highest scores", "proportional": "drawn in proportion to scores", "set": "for what it adds to the others"}[row["how"]]
    return f"by {row['criterion']}, {how}" + (f", {row['score']:.3g}" if row["score"] is not None else "")


def _changed(ledger: Ledger, steps: Sequence[Step], task: str, seed: int) -> list[tuple[str, Mapping[str, str] | None, Mapping[str, str] | None]]:
    """Drafts of the probe's prompts before and after learning from rewards, side by side."""
    keys = {s.name: s.key for s in steps if s.task == task and s.name in ("probe.before", "probe.after") and s.result is not None}
    if len(keys) < 2:
        return []
    rows = [{o.prompt_id: o.row.fields if isinstance(o, Sample) else None for o in ledger.outcomes(keys[f"probe.{when}"])} for when in ("before", "after")]
    asked = [p for p in ledger.prompts(keys["probe.before"]) if p.id in rows[0] and p.id in rows[1]]
    return [(p.label, rows[0][p.id], rows[1][p.id]) for p in _some(asked, MOST_CHANGED, seed, task, "changed")]


def _read(ledger: Ledger, key: str, kept: dict[str, list[Kept]], refused: list[Refused]) -> None:
    dropped: dict[str, tuple[str, str]] = {}
    for mark in ledger.marks(key):
        if mark.drop:
            dropped.setdefault(mark.prompt_id, (mark.reason, mark.detail))
    asked = {p.id: p.label for p in ledger.prompts(key)}
    scores = ledger.scores(key)
    for outcome in ledger.outcomes(key):
        why = dropped.get(outcome.prompt_id)
        if isinstance(outcome, Sample) and why is None:
            kept[outcome.row.label].append(Kept(outcome.row.fields, outcome.attributes, _numbers(scores.get(outcome.prompt_id, []))))
        elif isinstance(outcome, Sample | Rejection):
            refused.append(_refused(outcome, asked.get(outcome.prompt_id, ""), why))


def _refused(outcome: Sample | Rejection, label: str, why: tuple[str, str] | None) -> Refused:
    if isinstance(outcome, Rejection):
        return Refused(label, outcome.reason, outcome.detail, outcome.raw)
    reason, detail = why or ("", "")
    return Refused(label, reason, detail, "\n".join(outcome.row.fields.values()))


def _numbers(found: Sequence[Measurement]) -> dict[str, float]:
    return {m.name: m.value for m in found if isinstance(m, Score)}


def _some(rows: Sequence[T], n: int, seed: int, *names: str) -> list[T]:
    """At most n rows in their order."""
    picked = rng(seed, "samples to read", *names).sample(range(len(rows)), min(n, len(rows)))
    return [rows[i] for i in sorted(picked)]


def _varied(refused: Sequence[Refused], seed: int, task: str) -> list[Refused]:
    """A few of each reason, the most frequent reasons first."""
    by: dict[str, list[Refused]] = defaultdict(list)
    for row in refused:
        by[row.reason].append(row)
    reasons = sorted(by, key=lambda r: (-len(by[r]), r))
    return [row for reason in reasons for row in _some(by[reason], PER_REASON, seed, task, "refused", reason)][:MOST_REFUSED]
