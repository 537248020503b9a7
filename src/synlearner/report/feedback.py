"""What people's verdicts say of our score and of the rows: from the ledger to the summary's `Feedback`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synlearner.evaluate.bias import Group, Judged, Pair, Slice, Whole, drift, groups, mean_difference, paired, slices, touch
from synlearner.records import Interval as Measured
from synlearner.report.schema import Falling, Feedback, FeedbackGroup, FeedbackSlice, Interval
from synlearner.store.reading import Reading

NOBODY = "nobody has judged a row yet"
NONE_DRAWN = "no judged row was drawn for review, and rows that somebody looked for stand for no others"


def feedback_of(folder: Path, settings: Mapping[str, Any]) -> Feedback:
    """The feedback bias of a run with these settings, or the reason why there is none."""
    seed, level = settings.get("seed") or 0, settings.get("evaluation", {}).get("level", 0.95)
    with Reading.open(folder) as reading:
        given = sum(reading.judged().values())
        judged = [Judged(*j) for j in reading.people()] if given else []
        wholes = {key: Whole(*w) for key, w in reading.wholes().items()} if judged else {}
    if not judged:
        return Feedback(reason=NONE_DRAWN if given else NOBODY, verdicts=given)
    by_task = {task: paired(j for j in judged if j.task == task) for task in dict.fromkeys(t for t, _ in wholes)}
    return Feedback(
        reason="",
        verdicts=given,
        slices=[_part(s) for s in slices(judged, wholes, seed=seed, level=level)],
        difference=_interval(mean_difference(list(by_task.values()), seed=seed, level=level)),
        drift=_interval(drift(list(by_task.values()), seed=seed, level=level)),
        falling=_falling(by_task),
        groups=[_group(g) for g in groups(judged)],
    )


def _part(s: Slice) -> FeedbackSlice:
    own = {name: getattr(s, name) for name in ("task", "label", "rows", "judged", "unscored", "score", "people", "rank", "rho2", "saved")}
    return FeedbackSlice(**own, difference=_interval(s.difference), quality=_interval(s.quality))


def _group(g: Group) -> FeedbackGroup:
    own = {name: getattr(g, name) for name in ("task", "value", "judged", "others", "difference", "beyond", "adjusted", "odd")}
    return FeedbackGroup(attribute=g.name, **own)


def _falling(by_task: dict[str, list[Pair]]) -> list[Falling]:
    compared = zip(by_task, touch(list(by_task.values())), strict=True)
    return [Falling(task=task, before=t.before, now=t.now, alarm=t.alarm) for task, t in compared if t]


def _interval(found: Measured | None) -> Interval | None:
    return Interval(mean=found.mean, low=found.low, high=found.high, level=found.level, n=found.n) if found else None
