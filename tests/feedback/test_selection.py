"""Choosing rows: with reasons, in any order of the rows the same, by sets as the plain formulas say."""

import random

import numpy as np
import pytest
from feedback_tasks import BAD, GOOD, THINGS, gold, seeds
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.engines.students import TfidfStudent
from synlearner.errors import SpecError
from synlearner.feedback import badge, facility, last_layer, spread
from synlearner.feedback.acquisition import Means, acquisition
from synlearner.feedback.selection import choose, natural
from synlearner.protocols import Picking
from synlearner.records import LastLayer, Row, Unscored
from synlearner.registry import BUILTIN
from synlearner.stream.specs import StudentSpec
from synlearner.testing import WordHash

SEEDS = [gold(f"s{i}", text, label) for i, (label, text) in enumerate(seeds(8))]
STUDENT = TfidfStudent(StudentSpec()).fit(SEEDS, labels=["good", "bad"], seed=0)
MEANS = Means(embedder=WordHash(), seeds=SEEDS, dev=SEEDS[:6])
POOL = [gold(f"p{i}", f"{text} {THINGS[i % 7]} {i}", label if i % 5 else "odd") for i, (label, text) in enumerate(seeds(20))]


def vectors(rows, width=16, groups=6, seed=0):
    draw = np.random.default_rng(seed)
    found = draw.normal(size=(groups, width))[draw.integers(groups, size=rows)] + 0.6 * draw.normal(size=(rows, width))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("name", BUILTIN["acquisition"])
def test_rows_are_chosen_with_their_reasons_whatever_their_order(name):
    function = acquisition(name, MEANS)
    found = choose(POOL, function, STUDENT, 8, random=0.25, seed=3)
    assert [c.rank for c in found.chosen] == list(range(1, 9))
    assert len(set(found.places)) == 8
    assert [c.criterion for c in found.chosen] == [name] * 6 + ["random"] * 2
    assert all(POOL[c.place].id == c.id for c in found.chosen)
    assert all(c.score is not None and c.how == natural(function) for c in found.chosen[:6])
    assert natural(function) != "set" or [c.score for c in found.chosen[6:]] == [None, None]  # no number for what was only drawn
    assert found.candidates == len(POOL) == found.scored + sum(found.unscored.values())
    order = random.Random(1).sample(range(len(POOL)), len(POOL))
    again = choose([POOL[i] for i in order], function, STUDENT, 8, random=0.25, seed=3)
    assert [c.id for c in again.chosen] == [c.id for c in found.chosen]


def test_the_largest_scores_come_first_and_rows_without_one_never():
    found = choose(POOL, acquisition("loss", MEANS), STUDENT, len(POOL), seed=0)
    assert [c.score for c in found.chosen] == sorted((c.score for c in found.chosen), reverse=True)
    assert all(POOL[p].label != "odd" for p in found.places)
    assert found.unscored == {"the student has never seen the label 'odd'": 8}
    assert len(found.chosen) == found.scored == 32
    assert found.wanted == 40


def test_chances_are_in_proportion_to_scores():
    class Weights:
        name = identity = "weights"
        level, bounds = "sample", None

        def score(self, rows, student):
            from synlearner.records import Score

            return [Score("weights", float(r.label)) for r in rows]

    rows = [Row(str(w), {"text": f"t{w}"}, str(w)) for w in (-1, 0, 1, 2, 5)]
    first = [choose(rows, Weights(), None, 1, how="proportional", seed=s).chosen[0].id for s in range(1200)]
    shares = {w: first.count(w) / len(first) for w in ("-1", "0", "1", "2", "5")}
    assert shares["-1"] == shares["0"] == 0
    assert shares == pytest.approx({"-1": 0, "0": 0, "1": 1 / 8, "2": 2 / 8, "5": 5 / 8}, abs=0.05)
    assert len(choose(rows, Weights(), None, 5, how="proportional", seed=0).chosen) == 3


@pytest.mark.parametrize(("wrong", "word"), [({"n": 0}, "at least one"), ({"random": 1.5}, "share"), ({"how": "set"}, "no sets")])
def test_what_cannot_be_asked_for(wrong, word):
    with pytest.raises(SpecError, match=word):
        choose(POOL, acquisition("loss", MEANS), STUDENT, **{"n": 3, "seed": 0, **wrong})


def test_a_set_criterion_that_fails_chooses_nothing_and_says_why():
    found = choose(POOL, acquisition("badge", MEANS), None, 5, seed=0)
    assert found.chosen == ()
    assert found.unscored == {"there is no student": len(POOL)}
    found = choose(POOL, acquisition("coverage", Means()), None, 5, random=0.4, seed=0)
    assert [c.criterion for c in found.chosen] == ["random"] * 2


def test_texts_that_the_embedder_does_not_know_are_unscored():
    class Blank(WordHash):
        def embed(self, texts):
            return super().embed(texts) * np.array([[0.0] if "nothing" in t else [1.0] for t in texts], dtype=np.float32)

    how = Means(embedder=Blank(), seeds=SEEDS)
    for name in ("proximity", "diversity", "coverage"):
        found = choose([*POOL, gold("n", "nothing")], acquisition(name, how), None, 4, seed=0)
        assert found.unscored == {spread.EMPTY: 1}
        assert isinstance(acquisition(name, how).score([gold("n", "nothing")], None)[0], Unscored)


# -- sets against their plain formulas -------------------------------------------------------------------------------------------


def plain_facility(candidates, points, best, n, worth):
    chosen = []
    table = worth(candidates @ points.T)
    for _ in range(n):
        added = np.maximum(table - best, 0).sum(1)
        added[[i for i, _ in chosen]] = -1
        top = int(added.argmax())
        chosen.append((top, float(added[top])))
        best = np.maximum(best, table[top])
    return chosen


@pytest.mark.parametrize("far", [False, True])
@pytest.mark.parametrize("edges", [10, 1000, 10**9])
def test_facility_location_is_the_greedy_choice(far, edges):
    v = vectors(120)

    def worth(c):
        return 1 - c if far else c

    found = facility.greedy(v, v, np.zeros(len(v), np.float32), 15, worth, most=edges)
    wanted = plain_facility(v, v, np.zeros(len(v), np.float32), 15, worth)
    assert [i for i, _ in found] == [i for i, _ in wanted]
    np.testing.assert_allclose([g for _, g in found], [g for _, g in wanted], rtol=1e-3, atol=1e-3)


def test_coverage_is_the_greedy_cover_at_the_largest_threshold_that_does():
    v = vectors(200)
    graph = spread.similar(v, 12)
    found = spread.cover(graph, 12)
    assert sum(g for _, g in found) >= 0.9 * len(v)
    near = v @ v.T >= graph.threshold
    np.fill_diagonal(near, val=True)
    uncovered = np.ones(len(v), bool)
    for row, gain in found:
        assert gain == int((near & uncovered).sum(1).max()) == int((near[row] & uncovered).sum())
        uncovered &= ~near[row]
    stricter = spread.similar(v, 12)
    stricter.threshold = graph.threshold + 0.02
    assert sum(g for _, g in spread._covering(stricter, 12)) < 0.9 * len(v)


def test_coverage_of_few_kinds_stops_when_all_are_covered():
    rows = [gold(f"c{i}", ("a lamp", "a tent", "some clock")[i % 3]) for i in range(30)]
    found = choose(rows, acquisition("coverage", MEANS), None, 10, seed=0)
    assert {rows[p].text for p in found.places} == {"a lamp", "a tent", "some clock"}


def layer_of(rows=300, labels=4, seed=0):
    draw = np.random.default_rng(seed)
    return LastLayer(vectors(rows, seed=seed), draw.dirichlet(np.ones(labels), size=rows), tuple(range(labels)))


def test_badge_draws_as_k_means_plus_plus_does():
    """The second row's distribution, drawn many at a time, against squared distances to the first."""
    layer = layer_of(12)
    r = last_layer.residuals(layer, layer.proba.argmax(1))
    g = np.einsum("ik,id->ikd", r, np.hstack([layer.features, np.ones((12, 1))])).reshape(12, -1)
    first = int((g**2).sum(1).argmax())
    far = ((g - g[first]) ** 2).sum(1)
    counts, third = np.zeros(12), np.zeros(12)
    for seed in range(1500):
        chosen, gains = badge.plus_plus(layer, r, 3, seed)
        assert chosen[0] == first
        assert gains[1] == pytest.approx(np.sqrt(far[chosen[1]]), rel=1e-4)
        counts[chosen[1]] += 1
        third[chosen[2]] += 1
    np.testing.assert_allclose(counts / 1500, far / far.sum(), atol=0.05)
    expected = sum(far[j] / far.sum() * (now := np.minimum(far, ((g - g[j]) ** 2).sum(1))) / now.sum() for j in range(12))
    np.testing.assert_allclose(third / 1500, expected, atol=0.05)


def test_badge_stops_where_gradients_have_no_further_direction():
    one = layer_of(1)
    same = LastLayer(np.repeat(one.features, 20, 0), np.repeat(one.proba, 20, 0), one.known)
    assert len(badge.plus_plus(same, last_layer.residuals(same, same.proba.argmax(1)), 5, 0)[0]) == 1


@given(st.lists(st.lists(st.sampled_from([*GOOD, *BAD, *THINGS]), min_size=1, max_size=5).map(" ".join), min_size=1, max_size=15), st.integers(1, 6))
@settings(max_examples=25)
def test_sets_of_any_texts(texts, n):
    rows = [gold(f"r{i}", t) for i, t in enumerate(texts)]
    for name in ("badge", "coverage", "diversity", "diversity:reference"):
        function = acquisition(name, MEANS)
        assert isinstance(function, Picking)
        picked = function.pick(rows, STUDENT, n, seed=1)
        assert len(picked.places) == len(picked.gains) == len(set(picked.places)) <= n
        assert function.pick(rows, STUDENT, n, seed=1) == picked
    assert acquisition("coverage", MEANS).pick([], None, 3, seed=0).places == ()
