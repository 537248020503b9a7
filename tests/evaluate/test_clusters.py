"""The bootstrap over runs: equal arms do not differ, exchanging arms changes the sign, a known shift is covered."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.evaluate.clusters import cell_terms, clustered, difference, mean_terms, recovered_in
from synlearner.evaluate.contrasts import backward_weights, contrast

GOLDS = [("a", "1"), ("b", "1"), ("c", "1")]
Table = dict[tuple[str, str], np.ndarray]


def run(draw: np.random.Generator, chance: float, gold: int = 40, students: int = 2, golds: list = GOLDS) -> Table:
    return {g: (draw.random((students, gold + 5 * i)) < chance).astype(float) for i, g in enumerate(golds)}


def several(seed: int, seeds: int, orders: int, chance: float) -> dict[int, list[Table]]:
    draw = np.random.default_rng(seed)
    return {s: [run(draw, chance) for _ in range(orders)] for s in range(seeds)}


def minus(first: dict[int, list[Table]], second: dict[int, list[Table]]) -> dict[int, list]:
    return {s: [difference(mean_terms(a), mean_terms(b)) for a, b in zip(first[s], second[s], strict=True)] for s in first}


shapes = st.tuples(st.integers(0, 99), st.integers(1, 4), st.integers(1, 2))


@settings(max_examples=30, deadline=None)
@given(shapes)
def test_identical_arms_differ_by_exactly_nothing(shape) -> None:
    runs = several(*shape, 0.6)
    found = clustered(minus(runs, runs), seed=1, rounds=100)
    assert (found.mean, found.low, found.high) == (0.0, 0.0, 0.0)


@settings(max_examples=30, deadline=None)
@given(shapes, shapes)
def test_exchanging_the_arms_changes_the_sign(shape, other) -> None:
    first, second = several(*shape, 0.6), several(other[0], *shape[1:], 0.5)
    one, back = (clustered(minus(a, b), seed=1, rounds=200) for a, b in ((first, second), (second, first)))
    assert math.isclose(one.mean, -back.mean, abs_tol=1e-12)
    assert (one.low, one.high) == (pytest.approx(-back.high, abs=1e-9), pytest.approx(-back.low, abs=1e-9))


@settings(max_examples=20, deadline=None)
@given(shapes)
def test_the_estimate_is_the_mean_over_seeds_orders_and_tasks(shape) -> None:
    runs = several(*shape, 0.6)
    by_hand = np.mean([np.mean([np.mean([t.mean() for t in table.values()]) for table in tables]) for tables in runs.values()])
    found = clustered({s: [mean_terms(t) for t in tables] for s, tables in runs.items()}, seed=2, rounds=200)
    assert math.isclose(found.mean, by_hand, abs_tol=1e-12)
    assert found.low <= found.mean <= found.high
    assert found.n == 40 + 45 + 50


@pytest.mark.parametrize(("seeds", "spread"), [(3, 0.0), (3, 0.08), (8, 0.03)])
def test_a_known_shift_is_covered_whatever_rows_and_seeds_differ_by(seeds: int, spread: float) -> None:
    inside, shift = 0, 0.05
    for trial in range(200):
        draw = np.random.default_rng(trial)
        easy, runs = 0.2 + 0.6 * draw.random((3, 100)), {}
        for s in range(seeds):
            own = draw.normal(0, spread)
            arms = [{g: (draw.random((1, 100)) < np.clip(easy[i] + more, 0, 1)).astype(float) for i, g in enumerate(GOLDS)} for more in (shift + own, 0.0)]
            runs[s] = [difference(*map(mean_terms, arms))]
        found = clustered(runs, seed=trial, rounds=300)
        inside += found.low <= shift <= found.high
    assert inside / 200 >= 0.89


def test_seeds_that_disagree_widen_the_interval_and_one_seed_hides_it() -> None:
    value = {v: mean_terms({g: np.full((1, 50), v) for g in GOLDS}) for v in (0.1, 0.2, 0.3)}
    alone = clustered({0: [value[0.1]]}, seed=0, rounds=200)
    assert alone.low == pytest.approx(alone.high)
    several = clustered(dict(enumerate([v] for v in value.values())), seed=0, rounds=20000)
    assert several.mean == pytest.approx(0.2)
    # Student's t with 2 degrees of freedom.
    assert several.high - 0.2 == pytest.approx(4.303 * 0.1 / math.sqrt(3), rel=0.1)
    two = clustered({0: [value[0.1]], 1: [value[0.3]]}, seed=0, rounds=2000)
    assert (two.low, two.high) == (-1.0, pytest.approx(1.0, abs=0.3))


def test_a_run_with_other_gold_rows_is_a_sample_of_its_own() -> None:
    draw = np.random.default_rng(5)
    runs = {s: [mean_terms(run(draw, 0.6, golds=[("a", str(s))]))] for s in range(2)}
    found = clustered(runs, seed=1, rounds=200)
    assert found.n == 80
    assert found.low < found.mean < found.high
    assert difference(runs[0][0], runs[1][0]) is None


def test_one_run_of_cells_is_the_contrast_of_its_matrix() -> None:
    draw = np.random.default_rng(3)
    cells = {(i, j): (draw.random((1, 60)) < 0.5 + 0.1 * i).astype(float) for i in range(3) for j in range(3)}
    here = clustered({0: [cell_terms(backward_weights(3), cells, GOLDS)]}, seed=1, rounds=4000)
    there = contrast(backward_weights(3), cells, seed=1, rounds=4000)
    assert math.isclose(here.mean, there.mean, abs_tol=1e-12)
    assert (here.low, here.high) == (pytest.approx(there.low, abs=0.02), pytest.approx(there.high, abs=0.02))
    assert cell_terms(backward_weights(3), {(0, 0): cells[0, 0]}, GOLDS) is None
    assert clustered({}, seed=1) is None


def test_the_gap_recovered_needs_a_gap() -> None:
    low, middle, high = ({s: [mean_terms(t) for t in tables] for s, tables in several(n, 4, 1, p).items()} for n, p in ((1, 0.4), (2, 0.7), (3, 0.9)))
    value, interval = recovered_in(middle, low, high, seed=1, rounds=300)
    assert interval.low < value == interval.mean < interval.high
    assert 30 < value < 90
    assert recovered_in(middle, high, low, seed=1) == (None, None)
    value, interval = recovered_in(high, low, high, seed=1, rounds=300)
    assert (value, interval.low, interval.high) == pytest.approx((100, 100, 100))
    assert recovered_in({}, low, high, seed=1) == (None, None)
