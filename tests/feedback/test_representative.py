"""Rows that stand for what the student doubts: exact against all sets tried one by one, blind to order, and silent where it cannot tell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synlearner.feedback.acquisition import CannotTellError, Means, acquisition
from synlearner.feedback.selection import choose
from synlearner.records import Row, Score, Unscored

LABELS = ("a", "b")
WORDS = ("apple", "box", "cat", "door", "egg", "fox")


class Vectors:
    """Each word is a direction; a text without any of them has none."""

    identity = "words"

    def embed(self, texts):
        table = np.array([[t.split().count(w) for w in WORDS] for t in texts], dtype=np.float32).reshape(len(texts), len(WORDS))
        length = np.linalg.norm(table, axis=1, keepdims=True)
        return table / np.where(length > 0, length, 1)


class Doubts:
    """A student that is surer the more often the word `egg` stands in a text."""

    labels = LABELS

    def proba(self, rows):
        sure = np.array([0.5 + min(0.5, 0.1 * r.text.split().count("egg")) for r in rows])
        return np.stack([sure, 1 - sure], axis=1)


texts = st.lists(st.lists(st.sampled_from((*WORDS, "nothing")), min_size=1, max_size=4).map(" ".join), min_size=1, max_size=9)


def rows_of(some: list[str]) -> list[Row]:
    return [Row(f"r{i}", {"text": t}, "a") for i, t in enumerate(some)]


def worth(rows: list[Row], chosen: list[int], seeds: list[Row]) -> float:
    vectors, known = Vectors().embed([r.text for r in rows]), Vectors().embed([r.text for r in [*(rows[i] for i in chosen), *seeds]])
    doubt = 1 - np.ptp(Doubts().proba(rows), axis=1)
    there = np.linalg.norm(vectors, axis=1) > 0
    best = np.maximum((vectors @ known.T).max(axis=1, initial=0), 0)
    return float((doubt * best)[there].sum() / max(1, there.sum()))


@given(texts, texts, st.integers(1, 4))
def test_every_row_adds_the_most_that_any_could(some: list[str], known: list[str], n: int) -> None:
    rows, seeds = rows_of(some), rows_of(known)
    picked = acquisition("representative", Means(embedder=Vectors(), seeds=seeds)).pick(rows, Doubts(), n, seed=0)
    assert len(set(picked.places)) == len(picked.places) == min(n, len(rows) - len(picked.unscored))
    for k, (place, gain) in enumerate(zip(picked.places, picked.gains, strict=True)):
        before = list(picked.places[:k])
        adds = {i: worth(rows, [*before, i], seeds) - worth(rows, before, seeds) for i in range(len(rows)) if i not in before and i not in picked.unscored}
        assert gain == pytest.approx(adds[place], abs=1e-5)
        assert gain == pytest.approx(max(adds.values()), abs=1e-5)


@given(texts, st.randoms(use_true_random=False))
def test_order_changes_nothing(some: list[str], random) -> None:
    rows = rows_of(some)
    mixed = random.sample(rows, len(rows))
    function = acquisition("representative", Means(embedder=Vectors()))
    scores = dict(zip([r.id for r in rows], function.score(rows, Doubts()), strict=True))
    assert scores == dict(zip([r.id for r in mixed], function.score(mixed, Doubts()), strict=True))
    one, other = (choose(r, function, Doubts(), min(3, len(r)), seed=1) for r in (rows, mixed))
    assert [c.id for c in one.chosen] == [c.id for c in other.chosen]


def test_what_the_student_knows_counts_for_nothing() -> None:
    rows = rows_of(["egg egg egg egg egg"] * 5 + ["fox cat"])
    picked = acquisition("representative", Means(embedder=Vectors())).pick(rows, Doubts(), 1, seed=0)
    assert picked.places == (5,)


def test_what_has_no_vector_says_so() -> None:
    rows = rows_of(["apple", "nothing"])
    function = acquisition("representative", Means(embedder=Vectors()))
    first, second = function.score(rows, Doubts())
    assert isinstance(first, Score)
    assert isinstance(second, Unscored)
    assert set(function.pick(rows, Doubts(), 2, seed=0).unscored) == {1}


@pytest.mark.parametrize(("means", "student", "words"), [(Means(), Doubts(), "no embedder"), (Means(embedder=Vectors()), None, "no student")])
def test_without_an_embedder_or_a_student_nothing_is_measured(means: Means, student, words: str) -> None:
    function = acquisition("representative", means)
    assert all(words in m.reason for m in function.score(rows_of(["apple"]), student) if isinstance(m, Unscored))
    with pytest.raises(CannotTellError, match=words):
        function.pick(rows_of(["apple"]), student, 1, seed=0)
    assert choose(rows_of(["apple"]), function, student, 1, seed=0).chosen == ()
