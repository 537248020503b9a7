"""Replay: old tasks' lessons mixed among the new ones, so that learning one task does not spoil the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from synlearner.records import Lesson
from synlearner.seeding import rng


def share_out(total: int, parts: int) -> list[int]:
    """Split `total` into `parts` whole numbers that differ by at most one."""
    return [total // parts + (i < total % parts) for i in range(parts)]


def replayed(past: Mapping[str, Sequence[Lesson]], *, new: int, share: float, seed: int) -> list[Lesson]:
    """Lessons of earlier tasks such that they are `share` of the whole: equal parts per task, drawn without repetition.

    With a share of 1 the new lessons would be none; the number of replayed ones is capped by what there is.
    """
    have = {task: list(lessons) for task, lessons in past.items() if lessons}
    if not have or share <= 0:
        return []
    wanted = round(new * share / max(1e-9, 1 - share)) if share < 1 else sum(map(len, have.values()))
    parts = dict(zip(have, share_out(wanted, len(have)), strict=True))
    drawn: list[Lesson] = []
    for task, lessons in have.items():
        drawn += rng(seed, "replay", task).sample(lessons, min(parts[task], len(lessons)))
    return drawn


def mixed(new: Sequence[Lesson], old: Sequence[Lesson], *, seed: int) -> list[Lesson]:
    """New and old lessons in one random order."""
    lessons = [*new, *old]
    rng(seed, "order").shuffle(lessons)
    return lessons
