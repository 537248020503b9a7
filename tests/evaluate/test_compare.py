"""What a data set is worth, and what is said where there is none."""

from synlearner.evaluate.compare import compare
from synlearner.records import Row
from synlearner.stream.specs import EvaluationSpec
from synlearner.testing import WordCount

SPEC = EvaluationSpec(bootstrap=100)


def rows(n: int) -> list[Row]:
    return [Row(f"r{i}", {"text": f"{'good' if i % 2 else 'bad'} {i}"}, "yes" if i % 2 else "no") for i in range(n)]


def compared(synthetic: list[Row], seeds: list[Row]) -> dict:
    sets = {"seeds_only": seeds, "synthetic": synthetic, "synthetic_and_seeds": [*seeds, *synthetic], "real": []}
    return compare(WordCount(), sets, rows(10), labels=("yes", "no"), repeats=1, spec=SPEC, seed=1)


def test_without_synthetic_rows_no_gain_is_measured() -> None:
    found = compared([], rows(4))
    assert found["gain"] is None
    assert found["scores"]["synthetic_and_seeds"] is None
    assert found["scores"]["seeds_only"]["mean"] == 1.0
    assert "gain: not measured, there are no synthetic rows" in found["notes"]


def test_without_seeds_the_synthetic_rows_have_a_score_and_no_gain() -> None:
    found = compared(rows(4), [])
    assert found["gain"] is None
    assert found["scores"]["synthetic_and_seeds"] == found["scores"]["synthetic"]


def test_with_both_there_is_a_gain() -> None:
    assert compared(rows(4), rows(2))["gain"]["mean"] == 0.0
