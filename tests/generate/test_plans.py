"""The laws of the plans: even labels, even values, pairs as even as the number allows."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from making_tasks import make_task

from synlearner.errors import SpecError
from synlearner.generate.plans import Assignment, balance, design, pair_coverage
from synlearner.registry import register
from synlearner.stream.tasks import Task


def task_of(labels: int, sizes: list[int], own: dict[str, list[int]] | None = None) -> Task:
    def dims(sizes: list[int], mark: str) -> dict[str, list[str]]:
        return {f"{mark}{i}": [f"v{k}" for k in range(size)] for i, size in enumerate(sizes)}

    return make_task([f"l{i}" for i in range(labels)], attributes=dims(sizes, "d"), label_attributes={v: dims(s, "d" if v == "l0" else "own") for v, s in (own or {}).items()})


def spread(counts: Counter[str], values: tuple[str, ...]) -> int:
    every = [counts[v] for v in values]
    return max(every) - min(every)


@settings(max_examples=80, deadline=None)
@given(
    st.integers(2, 6),
    st.lists(st.integers(1, 9), max_size=4),
    st.dictionaries(st.sampled_from(["l0", "l1"]), st.lists(st.integers(1, 7), max_size=2), max_size=2),
    st.integers(0, 150),
    st.integers(0, 99),
)
def test_balance_laws(labels: int, sizes: list[int], own: dict[str, list[int]], n: int, seed: int) -> None:
    task = task_of(labels, sizes, own)
    plan = design(task, n, seed=seed)
    assert len(plan) == n
    assert plan == design(task, n, seed=seed)
    if n:
        assert spread(Counter(a.label for a in plan), task.labels) <= 1
    for label in task.labels:
        mine = [a for a in plan if a.label == label]
        dims = task.attributes_of(label)
        for a in mine:
            assert list(a.attributes) == list(dims)
        for name, values in dims.items():
            assert spread(Counter(a.attributes[name] for a in mine), values) <= 1
    for name, values in task.spec.attributes.items():
        sharing = [a for a in plan if task.attributes_of(a.label)[name] == values]
        assert spread(Counter(a.attributes[name] for a in sharing), values) <= 1


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 12), st.integers(1, 400), st.integers(0, 99))
def test_any_beginning_is_balanced_over_labels(labels: int, n: int, seed: int) -> None:
    plan = design(task_of(labels, [3]), n, seed=seed)
    for end in {n, n // 2, n // 3}:
        if end:
            assert spread(Counter(a.label for a in plan[:end]), tuple(f"l{i}" for i in range(labels))) <= 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=2, max_size=6), st.sampled_from(["balanced", "uniform"]), st.integers(0, 99))
@example([0, 1], "balanced", 0)
def test_so_many_of_each_label(wanted: list[int], plan: str, seed: int) -> None:
    task = task_of(len(wanted), [3, 4])
    quota = {f"l{i}": n for i, n in enumerate(wanted)}
    made = design(task, quota, plan=plan, seed=seed)
    assert Counter(a.label for a in made) == Counter(quota)
    beginning = Counter(a.label for a in made[: len(made) // 2])
    assert all(n == quota[label] or n >= max(beginning.values(), default=0) - 1 for label, n in ((label, beginning[label]) for label in quota))
    if plan == "balanced":
        assert all(spread(Counter(a.attributes["d1"] for a in made if a.label == label), task.attributes_of(label)["d1"]) <= 1 for label in quota)


@pytest.mark.parametrize(("sizes", "n"), [([5, 4, 3], 60), ([10, 10], 100), ([3, 3, 3], 9), ([2, 2, 2], 4), ([12, 8, 6, 8], 96), ([12, 10, 6], 240), ([7, 7], 20)])
def test_pairs_are_as_even_as_can_be(sizes: list[int], n: int) -> None:
    plan = design(task_of(2, sizes), 2 * n, seed=1)
    task = task_of(2, sizes)
    report = balance(plan, task)
    assert report.pairs >= 0.97 * report.pairs_at_most
    for (first, a), (second, b) in combinations(task.spec.attributes.items(), 2):
        counts = Counter((x.attributes[first], x.attributes[second]) for x in plan if x.label == "l0")
        assert max(counts.values()) <= -(-n // (len(a) * len(b))) + 1


def test_far_more_even_than_independent_draws() -> None:
    task = task_of(5, [12, 8, 6, 8])
    even, drawn = (balance(design(task, 240, plan=p, seed=3), task) for p in ("balanced", "uniform"))
    assert even.pairs > 1.25 * drawn.pairs
    assert even.pair_spread <= 2 < drawn.pair_spread
    assert (even.labels, drawn.labels, even.values) == (0, 0, 0)
    assert drawn.values > 4


def test_uniform_draws_every_value_and_follows_the_seed() -> None:
    task = task_of(3, [4, 2])
    plan = design(task, 600, plan="uniform", seed=1)
    counts = Counter(a.attributes["d0"] for a in plan)
    assert all(100 < counts[f"v{i}"] < 200 for i in range(4))
    assert plan == design(task, 600, plan="uniform", seed=1) != design(task, 600, plan="uniform", seed=2)


def test_large_plans_take_seconds_and_stay_even() -> None:
    task = task_of(20, [10] * 6)
    plan = design(task, 20_000, seed=0)
    report = balance(plan, task)
    assert (report.labels, report.values, report.pairs) == (0, 0, 1.0)
    assert report.pair_spread <= 6


def test_long_labels_are_even_across_lanes() -> None:
    task = task_of(2, [7, 5])
    report = balance(design(task, 9001, seed=0), task)
    assert (report.labels, report.values) == (1, 1)


def test_hundreds_of_values() -> None:
    task = task_of(30, [500, 400, 3])
    report = balance(design(task, 3000, seed=0), task)
    assert (report.labels, report.values) == (0, 1)


def test_report_against_declared_values() -> None:
    task = task_of(2, [3, 3])
    plan = [Assignment("l0", {"d0": "v0", "d1": "v0"}), Assignment("l0", {"d0": "v1", "d1": "v0"})]
    assert pair_coverage(plan) == 1.0
    assert pair_coverage(plan, task) == 2 / 9
    assert balance(plan, task).labels == 2
    assert pair_coverage([]) == 1.0
    assert "2 prompts" in str(balance(plan, task))


def test_nothing_planned_and_too_little() -> None:
    assert design(task_of(2, [3]), 0, seed=1) == []
    with pytest.raises(ValueError, match="-1"):
        design(task_of(2, [3]), -1, seed=1)
    assert design(task_of(2, [3]), {"l0": 0}, seed=1) == design(task_of(2, [3]), {}, seed=1) == []
    with pytest.raises(ValueError, match="'l7'"):
        design(task_of(2, [3]), {"l7": 1}, seed=1)


def test_plans_are_found_by_name() -> None:
    @register("plan", "same-for-all")
    def same(task: Task, labels: Sequence[str], *, seed: int) -> list[Assignment]:
        return [Assignment(label, {}) for label in labels]

    assert len(design(task_of(2, []), 3, plan="same-for-all", seed=0)) == 3
    with pytest.raises(SpecError, match="no plan called 'balance'"):
        design(task_of(2, []), 3, plan="balance", seed=0)
