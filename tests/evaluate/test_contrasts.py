"""Intervals of transfer numbers: they hold the number, pair the cells of a column, and do not care for the order of gold rows."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.evaluate.continual import average, backward_transfer, forgetting, forward_transfer, gap_recovered, zero_shot_forward
from synlearner.evaluate.contrasts import BEFORE, ISOLATED, average_weights, backward_weights, contrast, forgetting_weights, forward_weights, zero_shot_weights
from synlearner.evaluate.intervals import bootstrap, paired, recovered
from synlearner.evaluate.student import Examined, table_of


def answers(n: int, gold: int, students: int, seed: int) -> dict[tuple[int, int], np.ndarray]:
    draw = np.random.default_rng(seed)
    return {(i, j): (draw.random((students, gold + j)) < draw.uniform(0.2, 0.9)).astype(float) for i in (ISOLATED, BEFORE, *range(n)) for j in range(n)}


def row(cells: dict[tuple[int, int], np.ndarray], i: int, n: int) -> list[float]:
    return [float(cells[i, j].mean()) for j in range(n)]


runs = st.builds(lambda n, gold, students, seed: (n, answers(n, gold, students, seed)), st.integers(2, 4), st.integers(20, 60), st.integers(1, 3), st.integers(0, 99))


@settings(max_examples=40, deadline=None)
@given(runs)
def test_the_interval_holds_the_number_that_the_matrix_gives(run) -> None:
    n, cells = run
    matrix = [row(cells, i, n) for i in range(n)]
    wanted = [
        (average(matrix), average_weights(n)),
        (backward_transfer(matrix), backward_weights(n)),
        (forgetting(matrix), forgetting_weights(matrix)),
        (zero_shot_forward(matrix, row(cells, BEFORE, n)), zero_shot_weights(n)),
        (forward_transfer(matrix, row(cells, ISOLATED, n)), forward_weights(n)),
    ]
    for value, weights in wanted:
        found = contrast(weights, cells, seed=1, rounds=200)
        assert math.isclose(found.mean, value, abs_tol=1e-9)
        assert found.low - 1e-9 <= value <= found.high + 1e-9


@settings(max_examples=20, deadline=None)
@given(runs)
def test_equal_answers_in_a_column_have_no_transfer_and_no_width(run) -> None:
    n, cells = run
    still = {(i, j): cells[0, j] for i, j in cells}
    for weights in (backward_weights(n), zero_shot_weights(n), forward_weights(n), forgetting_weights([row(still, 0, n)] * n)):
        found = contrast(weights, still, seed=1, rounds=100)
        assert max(abs(found.mean), abs(found.low), abs(found.high)) < 1e-12
    assert contrast(average_weights(n), still, seed=1, rounds=100).high > contrast(average_weights(n), still, seed=1, rounds=100).low


@settings(max_examples=20, deadline=None)
@given(runs, st.integers(0, 9))
def test_the_order_of_gold_rows_changes_nothing_but_the_draw(run, seed: int) -> None:
    n, cells = run
    order = {j: np.random.default_rng(seed).permutation(cells[0, j].shape[1]) for j in range(n)}
    moved = {(i, j): table[:, order[j]] for (i, j), table in cells.items()}
    one, other = (contrast(backward_weights(n), c, seed=1, rounds=2000) for c in (cells, moved))
    assert math.isclose(one.mean, other.mean, abs_tol=1e-9)
    width = one.high - one.low
    assert abs(one.low - other.low) <= 0.15 * width + 1e-9
    assert abs(one.high - other.high) <= 0.15 * width + 1e-9


def test_a_pair_of_cells_is_the_paired_difference() -> None:
    cells = answers(2, 50, 3, 5)
    found = contrast(backward_weights(2), cells, seed=4, rounds=4000)
    alone = paired(cells[1, 0], cells[0, 0], seed=4, rounds=4000)
    assert math.isclose(found.mean, alone.mean, abs_tol=1e-12)
    assert abs(found.low - alone.low) < 0.02
    assert abs(found.high - alone.high) < 0.02


def test_pairing_is_tighter_than_cells_on_their_own() -> None:
    draw = np.random.default_rng(6)
    hard = draw.random((1, 200)) < 0.6
    cells = {(0, 0): hard.astype(float), (1, 0): (hard | (draw.random((1, 200)) < 0.05)).astype(float)}
    found = contrast(backward_weights(2), cells, seed=1)
    assert found.high - found.low < bootstrap(cells[0, 0], seed=1).high - bootstrap(cells[0, 0], seed=1).low


def test_coverage_is_near_its_level() -> None:
    inside = 0
    for seed in range(200):
        draw = np.random.default_rng(seed)
        cells = {(i, j): (draw.random((1, 80)) < (0.5 if i == j else 0.6)).astype(float) for i in range(3) for j in range(3)}
        found = contrast(backward_weights(3), cells, seed=seed, rounds=300)
        inside += found.low <= 0.1 <= found.high
    assert 0.90 <= inside / 200 <= 0.99


def test_what_was_not_measured_has_no_interval() -> None:
    cells = answers(3, 20, 1, 0)
    assert contrast(backward_weights(3), {k: v for k, v in cells.items() if k != (1, 1)}, seed=0) is None
    assert contrast(backward_weights(3), {**cells, (1, 1): np.ones((1, 3))}, seed=0) is None
    assert contrast(backward_weights(1), cells, seed=0) is None
    assert forgetting_weights([[0.5]]) == {}
    assert forgetting_weights([[None, 0.5], [0.5, 0.5]]) == {}


def test_forgetting_is_measured_from_the_best_cell_and_the_earliest_of_equals() -> None:
    assert forgetting_weights([[0.5, 0.1, 0.1], [0.7, 0.6, 0.1], [0.4, 0.6, 0.5]]) == {(1, 0): 0.5, (2, 0): -0.5, (1, 1): 0.5, (2, 1): -0.5}
    assert forgetting_weights([[0.7, 0.1, 0.1], [0.7, 0.6, 0.1], [0.4, 0.6, 0.5]])[0, 0] == 0.5


def test_the_gap_recovered_has_an_interval_where_there_is_a_gap() -> None:
    draw = np.random.default_rng(3)
    sets = [(draw.random((3, 300)) < p).astype(float) for p in (0.7, 0.5, 0.8)]
    found = recovered(*sets, seed=2)
    assert math.isclose(found.mean, gap_recovered(*(float(s.mean()) for s in sets)))
    assert found.low < found.mean < found.high
    assert recovered(sets[0], sets[2], sets[1], seed=2) is None
    assert recovered(sets[0], sets[1], np.where(np.arange(300) < 2, 1.0, sets[1]), seed=2) is None
    same = recovered(sets[2], sets[1], sets[2], seed=2)
    assert (same.low, same.high) == pytest.approx((100, 100))


def test_marks_are_the_table_in_few_characters() -> None:
    table = np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    marks = Examined(("a", "b"), ("a", "a", "b"), np.zeros((2, 3), dtype=int), table, 4).marks
    assert marks == ["101", "001"]
    assert (table_of(marks) == table).all()
