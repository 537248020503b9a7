"""What was remembered, in tables and words. Remembered texts may come from a model or from somebody else's file: they are shown as text and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from synlearner.report.schema import Recalled, Shown, Standing, Summary
from synlearner.report.table import Cell, Table
from synlearner.report.words import listed, number, share


def recalled(summary: Summary) -> Table:
    """What each task was told of attribute values."""
    columns = ("task", "attribute", "value", "prompts", "acceptance", "low", "high", "usual")
    told = summary.memory.tasks if summary.memory else []
    rows = tuple((t.task, b.attribute, b.value, round(b.prompts, 3), b.mean, b.low, b.high, t.usual) for t in told for b in t.beliefs)
    return Table("recalled", "What each task was told of attribute values: posterior of acceptance, from earlier tasks by their similarity", columns, rows)


def lessons(summary: Summary) -> Table:
    """Lessons that prompts showed, and how these prompts did."""
    columns = ("task", "lesson", "text", "prompts with it", "accepted", "prompts without", "accepted without", "did better")
    told = summary.memory.tasks if summary.memory else []
    rows = tuple((t.task, s.lesson, s.text, s.prompts, s.accepted, s.others, s.others_accepted, s.better) for t in told for s in t.shown)
    return Table("lessons", "Lessons that prompts showed, beside prompts of the same task that did not", columns, rows)


def standings(summary: Summary) -> Table:
    """What the run said about lessons."""
    columns = ("lesson", "text", "said after", "add", "agree", "edit", "remove", "compared", "did better", "quarantined as")
    found = [*summary.memory.lessons, *_unmet(summary)] if summary.memory else []
    rows = tuple((s.lesson, s.text, ", ".join(s.tasks) or None, *_events(s), s.better, s.quarantine or None) for s in found)
    return Table("remembered", "Lessons that the run said or showed, with its events about them, and lessons that are kept back from prompts", columns, rows)


def _events(s: Standing) -> tuple[Cell, ...]:
    return tuple(s.counts.get(kind, 0) for kind in ("add", "agree", "edit", "remove", "used"))


def _unmet(summary: Summary) -> list[Standing]:
    """Quarantined lessons that the run neither said nor showed."""
    met = {s.lesson for s in summary.memory.lessons} if summary.memory else set()
    return [s for s in summary.memory.kept_back if s.lesson not in met] if summary.memory else []


def quarantined(summary: Summary) -> list[Standing]:
    """Every lesson that is kept back, with its reason."""
    return [*(s for s in summary.memory.lessons if s.quarantine), *_unmet(summary)] if summary.memory else []


# ── words ───────────────────────────────────────────────────────────────


def sentences(summary: Summary) -> list[str]:
    """What the memory did, in sentences."""
    memory = summary.memory
    if memory is None or memory.reason:
        return []
    compared = [s for t in memory.tasks for s in t.shown if s.better is not None]
    good = sum(bool(s.better) for s in compared)
    told = [t.task for t in memory.tasks if t.episodes or t.shown]
    said = [f"Told something by earlier tasks: {listed(told)}." if told else "No task was told anything: nothing was known before it."]
    if compared:
        how = f"prompts that showed them did better by more than a standard error {number(good, 'time')}, which is no proof"
        said.append(f"Lessons were compared {number(len(compared), 'time')}; {how}.")
    kept = quarantined(summary)
    return [*said, *([f"{number(len(kept), 'lesson')} {'is' if len(kept) == 1 else 'are'} kept back from prompts as suspicious."] if kept else [])]


def fared(shown: Shown) -> str:
    """How prompts that showed a lesson did, in words."""
    if shown.prompts is None or shown.others is None:
        return "not compared: too few prompts showed it, or did not, or the task is not finished"
    return f"accepted {_of(shown.accepted, shown.prompts)} with it, {_of(shown.others_accepted, shown.others)} without: {'better' if shown.better else 'no better'}"


def _of(accepted: int | None, prompts: int) -> str:
    return f"{accepted or 0} of {prompts} ({share((accepted or 0) / prompts)})" if prompts else "none"


def similar(told: Recalled) -> str:
    """The earlier tasks with their similarity from 0 to 1, the nearest first."""
    near: Sequence[tuple[str, float]] = sorted(told.similar.items(), key=lambda item: (-item[1], item[0]))
    return listed([f"{name} ({weight:.2f})" for name, weight in near], 5)
