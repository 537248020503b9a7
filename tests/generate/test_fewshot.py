"""Few-shot rows: half of the label, different, evenly used, far apart, short."""

from collections import Counter
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from making_tasks import make_task

from synlearner.generate.fewshot import ELLIPSIS, choose, shorten, similarity
from synlearner.generate.plans import Assignment, design
from synlearner.records import Row
from synlearner.stream.tasks import Task


def seeded(labels: int, per_label: int) -> Task:
    names = [f"l{i}" for i in range(labels)]
    return make_task(names, [(v, f"{v} topic {i % 4} text number {i}") for v in names for i in range(per_label)])


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 5), st.integers(1, 9), st.integers(0, 9), st.integers(1, 60), st.integers(0, 9))
def test_laws(labels: int, per_label: int, k: int, n: int, seed: int) -> None:
    task = seeded(labels, per_label)
    plan = design(task, n, seed=seed)
    chosen = choose(task, plan, k, seed=seed)
    assert chosen == choose(task, plan, k, seed=seed)
    assert len(chosen) == n
    for assignment, rows in zip(plan, chosen, strict=True):
        assert len({r.id for r in rows}) == len(rows) == min(k, labels * per_label)
        own = sum(r.label == assignment.label for r in rows)
        if k <= per_label:
            assert own == -(-k // 2)
        elif k:
            assert own >= 1


def test_every_row_is_used_equally_often() -> None:
    task = seeded(4, 8)
    chosen = choose(task, design(task, 320, seed=1), 4, seed=1)
    uses = Counter(r.id for rows in chosen for r in rows)
    # Each label is wanted 80 times and borrowed 160 times, give or take one.
    assert set(uses.values()) <= {39, 40, 41}


def test_prompts_show_different_sets() -> None:
    task = seeded(4, 8)
    plan = design(task, 240, seed=1)
    chosen = choose(task, plan, 4, seed=1)
    sets = [frozenset(r.id for r in rows) for rows in chosen]
    assert len(set(sets)) >= 236
    assert all(one != other for one, other in pairwise(sets))


def test_others_are_balanced_and_places_are_shuffled() -> None:
    task = seeded(5, 6)
    plan = design(task, 200, seed=1)
    chosen = choose(task, plan, 4, seed=1)
    shown = Counter((a.label, r.label) for a, rows in zip(plan, chosen, strict=True) for r in rows if r.label != a.label)
    assert max(shown.values()) - min(shown.values()) <= 1
    first = Counter(rows[0].label == a.label for a, rows in zip(plan, chosen, strict=True))
    assert 60 < first[True] < 140


def test_neighbours_are_far_apart() -> None:
    texts = [f"{topic} {topic}s about {topic} {i}" for topic in ("cat", "train", "bread", "rain") for i in range(3)]
    task = make_task(["a", "b"], [("a", t) for t in texts] + [("b", "other")])
    chosen = choose(task, [Assignment("a", {})] * 40, 4, seed=2)
    topics = [len({r.text.split()[0] for r in rows if r.label == "a"}) for rows in chosen]
    assert sum(t == 3 for t in topics if t) + sum(t == 2 for t in topics) >= 34


def test_long_rows_give_way() -> None:
    long = "word " * 80
    task = make_task(["a", "b"], [("a", long + "one"), ("a", "short one"), ("b", long + "two"), ("b", long + "three")])
    for rows in choose(task, design(task, 12, seed=1), 3, seed=1, max_words=10):
        for row in rows:
            assert len(row.text.split()) <= 10
            assert row.text.endswith(ELLIPSIS) == (row.label == "b")
            assert row.id in {"s1", "s2", "s3"}


def test_shortening_keeps_each_fields_share() -> None:
    row = Row("r", {"premise": "a b c d e f g h", "hypothesis": "x y"}, "l")
    assert shorten(row, 5).fields == {"premise": "a b c d…", "hypothesis": "x…"}
    assert shorten(row, 10) is row


def test_labels_without_seeds_borrow() -> None:
    task = make_task(["a", "b"], [("a", "x y"), ("a", "z w")])
    assert [len(r) for r in choose(task, [Assignment("b", {}), Assignment("a", {})], 2, seed=0)] == [2, 2]
    assert choose(make_task(["a", "b"]), [Assignment("b", {})], 2, seed=0) == [()]


def test_many_prompts_take_seconds() -> None:
    task = seeded(20, 16)
    assert len(choose(task, design(task, 20_000, plan="uniform", seed=1), 6, seed=1)) == 20_000


def test_similarity_is_the_jaccard_index() -> None:
    found = similarity(["a b c", "b c d", "x"])
    assert found.shape == (3, 3)
    assert (found[0, 1], found[0, 0], found[0, 2]) == (0.5, 1.0, 0.0)
