"""Replay: shares add up, tasks get equal parts, nothing is drawn twice."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from synlearner.experience.replay import apportion, mixed, replayed, replayed_unlike, share_out, spread
from synlearner.records import Lesson
from synlearner.testing import WordHash


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


WEIGHTS = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.tuples(st.floats(0, 2), st.integers(0, 40)), min_size=1, max_size=7)


@given(st.integers(0, 120), WEIGHTS, st.randoms())
def test_parts_sum_up_are_capped_and_do_not_depend_on_the_order(total: int, tasks: dict, random: object) -> None:
    weights, most = {n: w for n, (w, _) in tasks.items()}, {n: m for n, (_, m) in tasks.items()}
    parts = apportion(total, weights, most)
    assert sum(parts.values()) == min(total, sum(most.values()))
    assert all(0 <= parts[n] <= most[n] for n in tasks)
    order = list(tasks)
    random.shuffle(order)
    assert apportion(total, {n: weights[n] for n in order}, most) == parts


@given(st.integers(0, 100), st.lists(st.floats(0.01, 2), min_size=1, max_size=6))
def test_parts_are_proportional_to_one(total: int, sizes: list[float]) -> None:
    weights = {f"t{i}": w for i, w in enumerate(sizes)}
    parts = apportion(total, weights, dict.fromkeys(weights, 10_000))
    assert all(abs(parts[n] - total * w / sum(sizes)) < 1 + 1e-9 for n, w in weights.items())


def test_without_any_weight_all_weigh_the_same() -> None:
    assert apportion(5, {"a": 0.0, "b": 0.0}, {"a": 9, "b": 9}) == {"a": 3, "b": 2}
    assert apportion(5, {"a": 0.0, "b": 1.0}, {"a": 9, "b": 3}) == {"a": 2, "b": 3}


def test_the_unlike_task_is_replayed_more() -> None:
    past = {"like": lessons("like", 100), "unlike": lessons("unlike", 100)}
    old = replayed_unlike(past, {"like": 0.8, "unlike": 0.4}, WordHash().embed, new=40, share=0.5)
    assert Counter(x.task for x in old) == {"unlike": 30, "like": 10}
    assert len({(x.task, x.completion) for x in old}) == 40
    assert replayed_unlike({}, {}, WordHash().embed, new=4, share=0.5) == []
    assert Counter(x.task for x in replayed_unlike(past, {}, WordHash().embed, new=40, share=0.5)) == {"unlike": 20, "like": 20}


@given(st.permutations(range(12)), st.integers(0, 13))
def test_which_lessons_are_spread_does_not_depend_on_their_order(order: list[int], n: int) -> None:
    words = ["ant", "bee", "cow", "dog", "eel", "fox", "gnu", "hen", "owl", "pig", "rat", "yak"]
    made = [Lesson("t", "p", "", f"{words[i]} {words[(i * 5) % 12]}") for i in range(12)]
    taken = spread(made, n, WordHash().embed)
    assert len(taken) == min(n, 12)
    assert {x.completion for x in spread([made[i] for i in order], n, WordHash().embed)} == {x.completion for x in taken}


def test_copies_are_taken_last() -> None:
    made = [Lesson("t", f"{i}", "", text) for i, text in enumerate(["the same words", "the same words", "the same words", "something else", "quite another matter"])]
    assert {x.completion for x in spread(made, 3, WordHash().embed)} == {"the same words", "something else", "quite another matter"}
