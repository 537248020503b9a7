"""Between plan and engine: prompts in, units of prompts that are generated together out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from synlearner.records import Prompt, Turn

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
