"""Students on gold: labels are compared as labels, answers by the kind's own rule, and nobody sees the gold answer."""

from collections.abc import Sequence

import numpy as np
import pytest

from synlearner.evaluate.compare import compare
from synlearner.evaluate.student import examine
from synlearner.records import Row
from synlearner.stream.kinds import CLASSIFICATION, PAIR, Kind, reader, reads, same_text
from synlearner.stream.specs import EvaluationSpec
from synlearner.testing import WordCount


class Parrot:
    """Answers with what the row says, and would answer with its label if it had one."""

    identity, deterministic = "parrot 1", False

    def fit(self, rows: Sequence[Row], *, labels: Sequence[str], seed: int) -> "Parrot":
        assert rows
        assert labels == ()
        return self

    def answer(self, rows: Sequence[Row]) -> list[str]:
        return [r.label or r.text for r in rows]


GOLD = [Row("1", {"text": "Six"}, "six", "gold"), Row("2", {"text": "seven"}, "8", "gold"), Row("3", {"text": " nine "}, "Nine", "gold")]


def test_answers_are_right_where_the_rule_says_so() -> None:
    found = examine(Parrot(), GOLD, GOLD, labels=(), repeats=2, seed=0, match=same_text)
    assert found.marks == ["101", "101"]
    assert found.answers.tolist() == [["Six", "seven", " nine "]] * 2
    assert found.macro_f1 is None
    strict = examine(Parrot(), GOLD, GOLD, labels=(), repeats=1, seed=0, match=str.__eq__)
    assert strict.marks == ["000"]


def test_sets_without_labels_are_compared_with_intervals() -> None:
    sets = {"seeds_only": GOLD, "synthetic": GOLD, "synthetic_and_seeds": GOLD, "real": []}
    found = compare(Parrot(), sets, GOLD, labels=(), repeats=1, spec=EvaluationSpec(bootstrap=100), seed=0, match=same_text)
    assert found["scores"]["synthetic"]["mean"] == pytest.approx(2 / 3)
    assert found["scores"]["synthetic"]["macro_f1"] is None
    assert found["gain"]["mean"] == 0
    assert (found["pgr"], found["pgr_interval"]) == (None, None)


def test_labels_are_compared_as_they_were() -> None:
    rows = [Row("1", {"text": "good fine"}, "yes"), Row("2", {"text": "bad poor"}, "no")]
    found = examine(WordCount(), rows, rows[::-1], labels=("yes", "no"), repeats=3, seed=0)
    assert found.marks == ["11"]
    assert found.answers.tolist() == [[1, 0]]
    assert found.macro_f1 == 1
    assert np.array_equal(found.correct, [[1.0, 1.0]])


def test_nothing_to_learn_or_to_ask_is_an_error() -> None:
    for rows, gold in (([], GOLD), (GOLD, [])):
        with pytest.raises(ValueError, match="needs training rows and gold rows"):
            examine(Parrot(), rows, gold, labels=(), repeats=1, seed=0, match=same_text)


def test_students_that_say_nothing_give_labels() -> None:
    free = Kind("free", ("text",), "answer", closed=False, role="", valid=lambda _: "", student="word-count")
    assert all(reads(name, kind) for name in ("tfidf", "embedding", "transformer", "word-count") for kind in (CLASSIFICATION, PAIR))
    assert not reads("tfidf", free)
    assert reader(CLASSIFICATION, "tfidf") == "tfidf"
    assert reader(free, "tfidf") == ""
