"""Between plan and engine: prompts in, units of prompts that are generated together out; outcomes in, their counts out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeVar

from synlearner.records import Counts, Failure, Outcome, Prompt, Rejection, Sample, Turn

Asked = TypeVar("Asked", Prompt, Turn)


def cut(asked: Sequence[Asked], size: int) -> list[list[Asked]]:
    """Prompts or turns in units of at most `size`, the short ones first, so that a batch wastes little on padding.

    Equal lengths keep their order: the same prompts are always cut in the same way. Raises ValueError for a size below 1.
    """
    if size < 1:
        raise ValueError(f"a unit needs at least one prompt, not {size}")
    ordered = sorted(asked, key=_length)
    return [ordered[i : i + size] for i in range(0, len(ordered), size)]


def _length(asked: Prompt | Turn) -> int:
    if isinstance(asked, Prompt):
        return len(asked.user)
    return len(asked.prompt.user) + len(asked.earlier) + len(asked.complaint)


def final(outcomes: Iterable[Outcome]) -> dict[str, Outcome]:
    """The outcome that counts for each prompt: that of its last turn."""
    last: dict[str, Outcome] = {}
    for outcome in outcomes:
        earlier = last.get(outcome.prompt_id)
        if earlier is None or outcome.turn >= earlier.turn:
            last[outcome.prompt_id] = outcome
    return last


def count(prompts: Sequence[Prompt], outcomes: Iterable[Outcome]) -> Counts:
    """What became of prompts: planned = kept + rejected + failed. Raises ValueError while a prompt has no outcome."""
    last = final(outcomes)
    mine = [last[p.id] for p in prompts if p.id in last]
    rejected = Counter(o.reason for o in mine if isinstance(o, Rejection))
    return Counts(len(prompts), sum(isinstance(o, Sample) for o in mine), dict(sorted(rejected.items())), sum(isinstance(o, Failure) for o in mine))
