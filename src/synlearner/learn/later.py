"""Gold rows that came later: a stream was extended, and what was written before is compared with the gold rows of the new tasks.

Rows that are there stay as they are; what they resemble is recorded and reported. New tasks do not learn from such rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from synlearner.feedback.contamination import GoldIndex
from synlearner.learn.desk import Desk, once
from synlearner.learn.writing import Dataset
from synlearner.records import Lesson
from synlearner.stream.tasks import Task


def recheck(desk: Desk, task: Task, data: Dataset) -> None:
    """A step for a data set that was there before the stream was extended: which of its rows resemble gold rows of the tasks that came after."""
    if golds := desk.later.get(task.name):
        inputs = {"steps": list(data.steps), "golds": golds.identity}
        once(desk, task.name, "recheck", inputs, lambda: _found(data, golds))


def _found(data: Dataset, golds: GoldIndex) -> dict[str, Any]:
    matches = ((s.row.id, golds.match(list(s.row.fields.values()))) for s in data.samples)
    return {"rows": len(data.samples), "matches": [{"row": row, "gold_task": m.task, "gold_row": m.gold, "resembles": str(m)} for row, m in matches if m]}


def unlike_gold(desk: Desk, task: Task, past: Mapping[str, Sequence[Lesson]]) -> dict[str, list[Lesson]]:
    """Lessons of earlier tasks without those whose record resembles a gold row that was not known when it was written.

    Tasks that are as old as `task` have nothing to leave out: their rows went through the same check.
    """
    known = desk.golds_for(task.name)
    return {name: [x for x in lessons if desk.golds_for(name) is known or not known.match(texts(x))] for name, lessons in past.items()}


def texts(lesson: Lesson) -> list[str]:
    """The texts of a lesson's record, without its label, which stands first; of a completion that is no record all of it."""
    try:
        record = json.loads(lesson.completion)
    except ValueError:
        record = None
    return [str(v) for v in record.values()][1:] if isinstance(record, dict) else [lesson.completion]
