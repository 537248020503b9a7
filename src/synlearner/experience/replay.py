"""Replay: old tasks' lessons mixed among the new ones, so that learning one task does not spoil the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from synlearner.records import Lesson
from synlearner.seeding import rng

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Embed = Callable[[Sequence[str]], "NDArray[Any]"]


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
    parts = dict(zip(have, share_out(_wanted(have, new, share), len(have)), strict=True))
    drawn: list[Lesson] = []
    for task, lessons in have.items():
        drawn += rng(seed, "replay", task).sample(lessons, min(parts[task], len(lessons)))
    return drawn


def replayed_unlike(past: Mapping[str, Sequence[Lesson]], similar: Mapping[str, float], embed: Embed, *, new: int, share: float) -> list[Lesson]:
    """As `replayed`, but more of the tasks that are less similar to the new one, and of each task the lessons that are spread the most.

    Parts are proportional to 1 - cosine (InsCL, arXiv 2403.11435); a task without a known similarity counts as one of cosine 0. What a task
    does not have goes to the others. Nothing is drawn: see `spread`.
    """
    have = {task: list(lessons) for task, lessons in past.items() if lessons}
    if not have or share <= 0:
        return []
    parts = apportion(_wanted(have, new, share), {t: 1 - similar.get(t, 0.0) for t in have}, {t: len(x) for t, x in have.items()})
    return [lesson for task, lessons in have.items() for lesson in spread(lessons, parts[task], embed)]


def _wanted(have: Mapping[str, Sequence[Lesson]], new: int, share: float) -> int:
    return round(new * share / max(1e-9, 1 - share)) if share < 1 else sum(map(len, have.values()))


def apportion(total: int, weights: Mapping[str, float], most: Mapping[str, int]) -> dict[str, int]:
    """Split `total` into whole numbers proportional to the weights (largest remainders), none above its `most`.

    What a cap cuts off goes to the others in proportion. The numbers sum to `total`, or to all that there is; they depend on names and
    not on their order: of equal remainders the first name gets the one. Without any weight all weigh the same.
    """
    total = min(total, sum(most.values()))
    given = dict.fromkeys(weights, 0)
    while left := total - sum(given.values()):
        free = [name for name in weights if given[name] < most[name]]
        heavy = [name for name in free if weights[name] > 0]
        # Fractions are exact, so that sums do not depend on the order of the names.
        sizes = {name: Fraction(weights[name]) for name in heavy} or dict.fromkeys(free, Fraction(1))
        exact = {name: left * size / sum(sizes.values()) for name, size in sizes.items()}
        if full := [name for name in exact if given[name] + exact[name] >= most[name]]:
            given |= {name: most[name] for name in full}
            continue
        given |= {name: given[name] + int(exact[name]) for name in exact}
        for name in sorted(exact, key=lambda n: (int(exact[n]) - exact[n], n))[: total - sum(given.values())]:
            given[name] += 1
    return given


def spread(lessons: Sequence[Lesson], n: int, embed: Embed) -> list[Lesson]:
    """`n` lessons that lie far apart: the one nearest to the middle first, then each time the one that is least similar to all that are taken.

    Similarity is the cosine of the records' texts (greedy farthest points, Gonzalez 1985, within twice the best covering radius). Which lessons
    are taken depends on the lessons and not on their order.
    """
    if n >= len(lessons):
        return list(lessons)
    ordered = sorted(lessons, key=lambda x: (x.completion, x.prompt))
    return [ordered[i] for i in _farthest(embed([x.completion for x in ordered]), n)]


def _farthest(vectors: NDArray[np.floating], n: int) -> list[int]:
    import numpy as np

    if n <= 0:
        return []
    taken = [int((vectors @ vectors.mean(axis=0)).argmax())]
    near = vectors @ vectors[taken[0]]
    while len(taken) < n:
        near[taken[-1]] = np.inf
        taken.append(int(near.argmin()))
        near = np.maximum(near, vectors @ vectors[taken[-1]])
    return taken


def mixed(new: Sequence[Lesson], old: Sequence[Lesson], *, seed: int) -> list[Lesson]:
    """New and old lessons in one random order."""
    lessons = [*new, *old]
    rng(seed, "order").shuffle(lessons)
    return lessons
