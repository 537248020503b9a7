"""Control experiments: what is left of a task's lessons and episodes for later tasks under each setting of `experience.history`.

Comes in: the lessons or episodes of one task. Goes out: those that later tasks may profit from. The task itself always learns from the whole ones.
Each control takes something away from history, so that a difference from the full history says what that something was worth.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from synlearner.records import Episode, Lesson
from synlearner.seeding import rng

# Settings under which nothing goes from one task to the next, and those under which something goes that was spoilt.
FORGETFUL, SPOILING = ("none", "joint"), ("format-only", "shuffled")


def passed_on(lessons: Sequence[Lesson], history: str, *, seed: int) -> list[Lesson]:
    """The lessons as later tasks get them: whole, none at all, the contract alone, or with the texts of other lessons."""
    if history in FORGETFUL:
        return []
    if history == "format-only":
        return contract_only(lessons)
    return shuffled(lessons, seed=seed) if history == "shuffled" else list(lessons)


def contract_only(lessons: Sequence[Lesson]) -> list[Lesson]:
    """The same lessons, of which only the record's keys, quotes, braces and label are learnt."""
    return [replace(lesson, learnt="contract") for lesson in lessons]


def shuffled(lessons: Sequence[Lesson], *, seed: int) -> list[Lesson]:
    """Lessons of one task whose texts have changed places; prompts, keys and labels stay.

    The texts of a record move together, so that pairs stay pairs. Every arrangement is equally likely: a text gets its own label as often as
    chance has it, no less, as lessons that avoid the right label would teach it. Raises ValueError for a completion that is no record.
    """
    records = [_record(lesson.completion) for lesson in lessons]
    order = list(range(len(records)))
    rng(seed, "shuffled").shuffle(order)
    return [replace(lesson, completion=_with_texts(record, records[other])) for lesson, record, other in zip(lessons, records, order, strict=True)]


def remembered(episodes: Sequence[Episode], history: str, *, seed: int) -> list[Episode]:
    """What a memory keeps of a task's episodes: all of them, none, or with outcomes that have changed places among the patterns. Practice in the
    format alone leaves no episodes.
    """
    if history in FORGETFUL or history == "format-only":
        return []
    if history != "shuffled":
        return list(episodes)
    others = list(episodes)
    rng(seed, "shuffled", "episodes").shuffle(others)
    return [replace(other, prompt=e.prompt, step=e.step, pattern=e.pattern) for e, other in zip(episodes, others, strict=True)]


def _record(completion: str) -> dict[str, str]:
    found = json.loads(completion)
    if not isinstance(found, dict) or len(found) < 2:
        raise ValueError(f"a lesson's completion must be a record with a label and texts, not {completion[:60]!r}")
    return found


def _with_texts(record: dict[str, str], other: dict[str, str]) -> str:
    """The record's label, which comes first, with the texts of the other."""
    label, *_ = record
    return json.dumps({label: record[label], **dict(list(other.items())[1:])}, ensure_ascii=False)
