"""Intervals cover, shrink with more rows, and pair."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from synlearner.evaluate.intervals import bootstrap, paired

tables = arrays(float, st.tuples(st.integers(1, 4), st.integers(2, 40)), elements=st.sampled_from([0.0, 1.0]))


@given(tables, st.integers(0, 10))
def test_limits_are_possible_scores_and_repeat(table: np.ndarray, seed: int) -> None:
    found = bootstrap(table, seed=seed, rounds=200)
    assert -1e-9 <= found.low <= found.high <= 1 + 1e-9
    assert found.mean == table.mean()
    assert found == bootstrap(table, seed=seed, rounds=200)


def test_coverage_is_near_its_level() -> None:
    rng = np.random.default_rng(3)
    tables = rng.random((300, 1, 200)) < 0.7
    inside = [(i := bootstrap(t.astype(float), seed=n, rounds=300)).low <= 0.7 <= i.high for n, t in enumerate(tables)]
    assert 0.90 <= np.mean(inside) <= 0.99


def test_a_paired_difference_is_tighter_than_two_separate_intervals() -> None:
    rng = np.random.default_rng(4)
    easy = rng.random(400) < 0.6
    better = (easy | (rng.random(400) < 0.1)).astype(float)[None]
    worse = easy.astype(float)[None]
    difference = paired(better, worse, seed=1)
    assert difference.low > 0
    assert difference.high - difference.low < bootstrap(better, seed=1).high - bootstrap(better, seed=1).low


def test_nothing_to_measure_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        bootstrap(np.zeros((1, 0)), seed=0)
    with pytest.raises(ValueError, match="equal shapes"):
        paired(np.zeros((1, 3)), np.zeros((1, 4)), seed=0)
