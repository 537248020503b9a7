"""How far judges are believed: calibrations rise, chance is not believed, agreement is Krippendorff's, and a verdict does not depend on the order."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.evaluate.judges import LEAST, Agreement, Calibration, Known, Swapped, calibrated, reliability, verdict
from synlearner.registry import find

FITS = {name: find("calibration", name) for name in ("platt", "isotonic")}
scores = st.integers(0, 4).map(lambda k: k / 4)
known = st.lists(st.tuples(scores, st.booleans()), min_size=LEAST, max_size=60).map(lambda rows: [Known(v, g, f"r{i}") for i, (v, g) in enumerate(rows)])


def rows(n: int, right: float, seed: int = 0) -> list[Known]:
    """Values that are high for good rows with a chance of `right`."""
    draw = random.Random(seed)
    return [Known(1.0 if (draw.random() < right) == (i % 2 == 0) else 0.0, i % 2 == 0, f"r{i // 2}") for i in range(n)]


@pytest.mark.parametrize("name", FITS)
@given(known)
@settings(max_examples=25)
def test_a_calibration_rises_and_stays_a_probability(name: str, told: list[Known]) -> None:
    line, reliable = calibrated(told, FITS[name], seed=1)
    said = [line.at(v / 50) for v in range(51)]
    assert all(0 <= p <= 1 for p in said)
    assert all(a <= b + 1e-9 for a, b in itertools.pairwise(said))
    assert (reliable.accuracy is None) == (not line.line)


@given(known, st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_the_order_of_rows_plays_no_part(told: list[Known], draw: random.Random) -> None:
    mixed = draw.sample(told, len(told))
    one, other = (calibrated(t, FITS["platt"], seed=1)[1] for t in (told, mixed))
    assert (one.reason, one.order, one.good) == (other.reason, other.order, other.good)
    assert one.error == pytest.approx(other.error, abs=1e-6)
    assert (one.accuracy and one.accuracy.mean) == (other.accuracy and other.accuracy.mean)


@pytest.mark.parametrize(("right", "believed"), [(0.9, True), (0.75, True), (0.5, False), (0.1, False)])
def test_a_judge_is_believed_where_it_is_better_than_chance(right: float, believed: bool) -> None:
    line, found = calibrated(rows(400, right), FITS["platt"], seed=1)
    assert found.believed == believed
    assert found.accuracy.low < found.accuracy.mean < found.accuracy.high
    assert believed == (found.reason == "")
    if right > 0.5:
        assert found.accuracy.mean == pytest.approx(right, abs=0.08)
        assert line.at(1.0) == pytest.approx(right, abs=0.08)
    if right < 0.5:
        assert line.at(1.0) == line.at(0.0)


def test_chance_is_believed_as_rarely_as_it_should_be() -> None:
    trials = [reliability([Known(draw.random(), i % 3 == 0, f"{i}") for i in range(60)], [0.5] * 60).believed for draw in map(random.Random, range(1000))]
    assert sum(trials) / 1000 == pytest.approx(0.025, abs=0.015)


def test_too_few_rows_say_nothing() -> None:
    for few in (rows(10, 1.0), [Known(1.0, True, f"{i}") for i in range(50)], []):
        line, found = calibrated(few, FITS["platt"], seed=1)
        assert "too few known rows" in found.reason
        assert (line.at(0.3), found.accuracy) == (0.3, None)


def test_without_a_calibration_values_stay() -> None:
    line, found = calibrated(rows(60, 0.9), None, seed=1)
    assert line == Calibration()
    assert found.believed


def test_rows_of_one_source_stay_in_one_fold() -> None:
    # Each source has a good and a bad row of one value, which only its own rows know.
    told = [Known(i / 30, good, f"s{i}") for i in range(30) for good in (True, False)]
    assert not calibrated(told, FITS["isotonic"], seed=1)[1].believed


# ── several judges ──────────────────────────────────────────────────────


def test_agreement_is_krippendorff_s() -> None:
    # The example of four observers and twelve units (Krippendorff 2011), interval data: 0.849.
    table = [
        [1, 1, None, 1],
        [2, 2, 3, 2],
        [3, 3, 3, 3],
        [3, 3, 3, 3],
        [2, 2, 2, 2],
        [1, 2, 3, 4],
        [4, 4, 4, 4],
        [1, 1, 2, 1],
        [2, 2, 2, 2],
        [None, 5, 5, 5],
        [None, None, 1, 1],
        [None, None, 3, None],
    ]
    found = Agreement.of([[v for v in row if v is not None] for row in table])
    assert found.alpha == pytest.approx(0.849, abs=5e-4)
    assert found.answered == {4: 8, 3: 2, 2: 1, 1: 1}


@given(st.lists(st.lists(scores, max_size=4), max_size=20), st.integers(0, 20), st.randoms(use_true_random=False))
def test_sums_of_parts_are_those_of_the_whole_in_any_order(table: list[list[float]], cut: int, draw: random.Random) -> None:
    whole, parts = Agreement.of(table), Agreement.of(table[:cut]) + Agreement.of(table[cut:])
    mixed = Agreement.of([draw.sample(row, len(row)) for row in draw.sample(table, len(table))])
    for other in (parts, mixed):
        assert (other.values, dict(other.answered)) == (whole.values, dict(whole.answered))
        assert other.within == pytest.approx(whole.within)
        assert other.alpha == (None if whole.alpha is None else pytest.approx(whole.alpha))


def test_nobody_to_agree_with_is_not_agreement() -> None:
    assert Agreement.of([[0.5], [1.0]]).alpha is None
    assert Agreement.of([[1.0, 1.0]] * 5).alpha is None
    assert Agreement().alpha is None


winners = st.sampled_from(["A", "B", "tie"])


@given(winners, winners)
def test_a_verdict_turns_with_the_pair_whatever_the_judge_leans_to(forth: str, back: str) -> None:
    value, same = verdict(forth, back)
    assert verdict(back, forth) == (1 - value, same)
    assert same or value == 0.5


def test_what_goes_with_the_place_is_position_bias() -> None:
    assert Swapped(wins=6, losses=2, ties=0, inconsistent=2, first=2, second=0).bias == 0.2
    assert Swapped(wins=6, losses=2, inconsistent=2, first=2).share == 0.7
    assert Swapped(unscored=3).share is None
    assert Swapped().bias is None
