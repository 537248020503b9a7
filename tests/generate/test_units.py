"""Units for the engines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making_tasks import make_prompt, make_task

from synlearner.generate.sampling import cut
from synlearner.records import Prompt, Turn

TASK = make_task()


def prompt(number: int, length: int = 1) -> Prompt:
    base = make_prompt(TASK, "a", user="x" * length)
    return Prompt(f"p{number}", base.task, base.step, number, base.label, {}, (), base.system, base.user, number)


@given(st.lists(st.integers(0, 9), max_size=30), st.integers(1, 7))
def test_units_hold_every_prompt_once_by_length(lengths: list[int], size: int) -> None:
    prompts = [prompt(i, n) for i, n in enumerate(lengths)]
    units = cut(prompts, size)
    flat = [p for unit in units for p in unit]
    assert flat == sorted(prompts, key=lambda p: (len(p.user), p.index))
    assert all(len(u) == size for u in units[:-1])
    assert all(0 < len(u) <= size for u in units)
    assert [[t.prompt for t in u] for u in cut([Turn(p) for p in prompts], size)] == units


def test_a_unit_holds_something() -> None:
    with pytest.raises(ValueError, match="at least one"):
        cut([prompt(1)], 0)
