"""Ways to choose rows, compared: curves of equal length, differences to chance, who wins how often, in the files and on the page."""

import csv
from pathlib import Path

import pytest
from small import small

from synlearner.experiment import compare, experiment
from synlearner.report.comparison.schema import Comparison
from synlearner.testing import Recorder

ARMS = ["rounds-random", "rounds-loss", "static"]
FEW = ("evaluation.matrix='none'", "explore.enabled=false", "finetune.enabled=false", "rounds.rounds=2", "rounds.around=6", "synthesis.rows=12")


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Comparison, Path]:
    folder = tmp_path_factory.mktemp("choices")
    return compare(experiment(small(*FEW), folder, arms=ARMS, orders=["given"], seeds=[0, 1]), jobs=2, progress=Recorder()), folder


def test_every_arm_has_a_curve_of_the_same_length(compared) -> None:
    found, _ = compared
    assert {c.arm: len(c.points) for c in found.curves} == dict.fromkeys(ARMS, 3)
    for curve in found.curves:
        assert curve.runs == 2
        assert [p.round for p in curve.points] == [0, 1, 2]
        assert curve.points[0].rows == 0
        assert all(p.score.value is not None and p.score.interval is not None for p in curve.points)


def test_before_the_first_round_all_are_the_same(compared) -> None:
    found, _ = compared
    assert len({c.points[0].score.value for c in found.curves}) == 1


def test_differences_are_those_to_chance(compared) -> None:
    found, _ = compared
    by_arm = {c.arm: c for c in found.curves}
    assert by_arm["rounds-random"].last.value is None
    assert by_arm["rounds-random"].share_of_rows is not None
    for arm in ("rounds-loss", "static"):
        wanted = by_arm[arm].points[-1].score.value - by_arm["rounds-random"].points[-1].score.value
        assert by_arm[arm].last.value == pytest.approx(wanted)
        assert by_arm[arm].height.value is not None
    assert sum("rounds-random" in line for line in found.details) == 2


def test_rates_of_a_pair_are_one(compared) -> None:
    found, _ = compared
    rates = {(w.arm, w.against): w for w in found.wins}
    assert len(rates) == 6
    assert all(rates[a, b].rate + rates[b, a].rate == pytest.approx(1) for a, b in rates)
    assert {w.places for w in found.wins} == {2 * 2 * 2}


def test_what_was_written_at_once_has_no_cost_in_between(compared) -> None:
    found, _ = compared
    static = next(c for c in found.curves if c.arm == "static")
    assert [p.tokens is None for p in static.points] == [False, True, False]
    assert [p.seconds is None for p in static.points] == [False, True, False]
    assert static.share_of_tokens is None and static.share_of_seconds is None


def test_every_cost_that_is_known_is_there_and_no_other(compared) -> None:
    found, _ = compared
    chance = next(c for c in found.curves if c.arm == "rounds-random")
    assert all(p.tokens is not None and p.seconds is not None for p in chance.points)
    assert {(c.share_of_money, c.currency, *(p.money for p in c.points)) for c in found.curves} == {(None, "", None, None, None)}


def test_files_and_page_have_them(compared) -> None:
    found, folder = compared
    with (folder / "compare_curves.csv").open(newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 9
    with (folder / "compare_wins.csv").open(newline="", encoding="utf-8") as file:
        assert [row["arm"] for row in csv.DictReader(file)] == ARMS
    page = (folder / "compare.html").read_text(encoding="utf-8")
    assert 'id="curves"' in page
    assert "Scores over tokens of a task" in page and "Scores over seconds of a task" in page and "money of a task" not in page
    assert found.contrasts == []
