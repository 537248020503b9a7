"""The laws of the continual-learning numbers."""

import math

from hypothesis import given
from hypothesis import strategies as st

from synlearner.evaluate.continual import average, backward_transfer, forgetting, forward_transfer, gap_recovered, intransigence, zero_shot_forward

unit = st.floats(0, 1, allow_nan=False)
squares = st.integers(2, 6).flatmap(lambda n: st.lists(st.lists(unit, min_size=n, max_size=n), min_size=n, max_size=n))


def test_a_worked_example() -> None:
    matrix = [[0.8, 0.3, None], [0.7, 0.9, 0.4], [0.6, 0.95, 0.7]]
    assert math.isclose(average(matrix), (0.6 + 0.95 + 0.7) / 3)
    assert math.isclose(backward_transfer(matrix), ((0.6 - 0.8) + (0.95 - 0.9)) / 2)
    assert math.isclose(forgetting(matrix), ((0.8 - 0.6) + (0.9 - 0.95)) / 2)
    assert math.isclose(forward_transfer(matrix, [None, 0.8, 0.5]), (0.1 + 0.2) / 2)
    assert math.isclose(zero_shot_forward(matrix, [0.1, 0.2, 0.3]), (0.1 + 0.1) / 2)
    assert [None if v is None else round(v, 6) for v in intransigence(matrix, [0.8, 0.8, None])] == [0.0, -0.1, None]
    assert gap_recovered(0.6, 0.5, 0.7) == 100.0 * (0.6 - 0.5) / (0.7 - 0.5)


def test_one_task_has_no_transfer_and_a_missing_cell_has_no_mean() -> None:
    assert backward_transfer([[0.5]]) is None
    assert forgetting([[0.5]]) is None
    assert forward_transfer([[0.5]], [0.4]) is None
    assert average([[0.5, None], [None, 0.5]]) is None
    assert backward_transfer([[0.5, None], [None, 0.5]]) is None
    assert gap_recovered(0.6, 0.5, 0.5) is None


@given(squares)
def test_forgetting_is_at_least_the_loss_since_learning(matrix: list[list[float]]) -> None:
    assert forgetting(matrix) >= -backward_transfer(matrix) - 1e-9


@given(squares)
def test_a_generator_that_never_changes_forgets_nothing_and_transfers_nothing(matrix: list[list[float]]) -> None:
    still = [matrix[0]] * len(matrix)
    assert abs(backward_transfer(still)) < 1e-9
    assert abs(forgetting(still)) < 1e-9
    assert abs(zero_shot_forward(still, matrix[0])) < 1e-9
    assert abs(forward_transfer(still, matrix[0])) < 1e-9


@given(squares, st.floats(-0.5, 0.5))
def test_differences_do_not_see_a_constant(matrix: list[list[float]], shift: float) -> None:
    moved = [[v + shift for v in row] for row in matrix]
    assert math.isclose(backward_transfer(matrix), backward_transfer(moved), abs_tol=1e-9)
    assert math.isclose(forgetting(matrix), forgetting(moved), abs_tol=1e-9)
