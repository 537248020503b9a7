"""Learning curves: where a score is reached, how high a curve is, who wins how often."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synlearner.evaluate.curves import measured, reached, win_rates
from synlearner.records import Row
from synlearner.testing import WordCount

heights = st.lists(st.floats(0, 1), min_size=2, max_size=8)


@given(heights, st.floats(0, 1))
def test_a_score_is_reached_where_the_lines_cross_it_first(scores: list[float], target: float) -> None:
    curve = [(10.0 * i, y) for i, y in enumerate(scores)]
    at = reached(curve, target)
    if max(scores) < target:
        assert at is None
        return
    assert at is not None
    assert 0 <= at <= curve[-1][0]
    first = next(i for i, y in enumerate(scores) if y >= target)
    assert 10 * (first - 1) <= at <= 10 * first or at == 0


def test_between_two_points_the_curve_is_a_line() -> None:
    assert reached([(0, 0.2), (40, 0.6)], 0.5) == pytest.approx(30)
    assert reached([(0, 0.2)], 0.1) == 0
    assert reached([], 0.1) is None


@given(st.dictionaries(st.sampled_from("abc"), st.dictionaries(st.integers(0, 9), st.sampled_from([0.1, 0.5, 0.9])), min_size=2))
def test_two_rates_of_a_pair_are_one(scores: dict[str, dict[int, float]]) -> None:
    rates = win_rates(scores)
    assert all(rates[a].keys() == scores.keys() - {a} for a in scores)
    for (a, mine), (b, theirs) in permutations(scores.items(), 2):
        if mine.keys() & theirs.keys():
            assert rates[a][b] + rates[b][a] == pytest.approx(1)
        else:
            assert rates[a][b] is None


def test_a_curve_is_of_growing_sets() -> None:
    gold = [Row("g0", {"text": "apple"}, "a"), Row("g1", {"text": "box"}, "b")]
    rows = [Row("r0", {"text": "apple"}, "a"), Row("r1", {"text": "box"}, "b")]
    found = measured(WordCount(), [], rows, [0, 1, 2], gold, labels=("a", "b"), repeats=1, seed=0)
    assert found[0] is None
    assert [e.accuracy for e in found[1:] if e] == [0.5, 1.0]
    assert [e.trained_on for e in found[1:] if e] == [1, 2]
