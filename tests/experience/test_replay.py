"""Replay: shares add up, tasks get equal parts, nothing is drawn twice."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from synlearner.experience.replay import mixed, replayed, share_out
from synlearner.records import Lesson


def lessons(task: str, n: int) -> list[Lesson]:
    return [Lesson(task, f"{task} prompt {i}", "", f"{i}") for i in range(n)]


@given(st.integers(0, 500), st.integers(1, 20))
def test_parts_add_up_and_are_even(total: int, parts: int) -> None:
    shares = share_out(total, parts)
    assert sum(shares) == total
    assert max(shares) - min(shares) <= 1


@given(st.integers(1, 60), st.floats(0.05, 0.9), st.integers(1, 4), st.integers(0, 9))
def test_the_share_is_kept_and_tasks_are_treated_alike(new: int, share: float, tasks: int, seed: int) -> None:
    past = {f"t{i}": lessons(f"t{i}", 1000) for i in range(tasks)}
    old = replayed(past, new=new, share=share, seed=seed)
    assert abs(len(old) - new * share / (1 - share)) <= 0.5 + 1e-6
    counts = Counter(x.task for x in old)
    assert max(counts.values(), default=0) - min((counts[t] for t in past), default=0) <= 1
    assert len({(x.task, x.completion) for x in old}) == len(old)
    assert old == replayed(past, new=new, share=share, seed=seed)


def test_the_first_task_replays_nothing_and_small_memories_are_used_up() -> None:
    assert replayed({}, new=10, share=0.5, seed=0) == []
    assert replayed({"a": []}, new=10, share=0.5, seed=0) == []
    assert replayed({"a": lessons("a", 3)}, new=10, share=0.0, seed=0) == []
    assert len(replayed({"a": lessons("a", 3)}, new=10, share=0.9, seed=0)) == 3


def test_mixing_keeps_every_lesson() -> None:
    new, old = lessons("new", 20), lessons("old", 5)
    order = mixed(new, old, seed=1)
    assert Counter(x.prompt for x in order) == Counter(x.prompt for x in [*new, *old])
    assert order != [*new, *old]
