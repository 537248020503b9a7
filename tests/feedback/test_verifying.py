"""The verifier trusts itself only when it should, reads the text alone, and fails as Unscored."""

import random

import numpy as np
import pytest
from feedback_tasks import sample, seeds, task_of

from synlearner.errors import EngineError, MissingExtra
from synlearner.feedback.verifiers import Opinion, StudentVerifier, wilson
from synlearner.records import Score, Unscored
from synlearner.testing import WordCount

TASK = task_of(seeds())


def verifier(rows=TASK.seeds, labels=("good", "bad"), student=None, **options):
    return StudentVerifier(student or WordCount(), rows, labels, seed=1, **options)


RIGHT = sample("1", "a great lamp, works and I am happy", "good")
WRONG = sample("2", "a broken lamp, awful and useless", "good")


class Broken:
    identity = "broken"
    deterministic = True

    def __init__(self, error):
        self.error = error

    def fit(self, rows, *, labels, seed):
        raise self.error


class Odd:
    """A student whose answers are not numbers, or about other labels, once it has learnt from all rows."""

    identity = "odd"
    deterministic = True

    def __init__(self, rows, value, labels):
        self.rows, self.value, self.labels = rows, value, labels

    def fit(self, rows, *, labels, seed):
        if len(rows) < self.rows:
            return WordCount().fit(rows, labels=labels, seed=seed)
        return self

    def proba(self, rows):
        return np.full((len(rows), len(self.labels)), self.value)


def test_the_text_decides_and_not_the_label():
    right, wrong = verifier().verify([RIGHT, WRONG])
    assert right.value > 0.8
    assert wrong.value < 0.2
    opinion = verifier().opinions([WRONG])[0]
    assert isinstance(opinion, Opinion)
    assert opinion.favourite == "bad"
    assert opinion.lead > 0.6


def test_reliability_is_measured_on_rows_that_were_left_out():
    reliability = verifier().reliability
    assert reliability.accuracy.n == len(TASK.seeds)
    assert reliability.accuracy.low > reliability.chance == 0.5
    assert reliability.trusted


def test_a_verifier_that_knows_nothing_says_nothing():
    rows = list(TASK.seeds)
    shuffled = [type(r)(r.id, r.fields, label, r.origin) for r, label in zip(rows, random.Random(3).sample([r.label for r in rows], len(rows)), strict=True)]
    found = verifier(shuffled).verify([RIGHT, WRONG])
    assert all(isinstance(m, Unscored) and "no better than chance" in m.reason for m in found)


@pytest.mark.parametrize("few", [(), TASK.seeds[:1], TASK.seeds[:2], [r for r in TASK.seeds if r.label == "good"]])
def test_too_few_seeds_are_said(few):
    assert all(isinstance(m, Unscored) and "too few" in m.reason for m in verifier(few).verify([RIGHT]))


@pytest.mark.parametrize("error", [EngineError("no memory"), ValueError("bad shape"), RuntimeError("out of memory")])
def test_a_failing_student_is_unscored(error):
    found = verifier(student=Broken(error)).verify([RIGHT, WRONG])
    assert all(isinstance(m, Unscored) and "failed" in m.reason for m in found)


def test_a_missing_package_is_an_error():
    with pytest.raises(MissingExtra):
        verifier(student=Broken(MissingExtra("scikit-learn", "student"))).verify([RIGHT])


def test_answers_that_are_no_probabilities_are_unscored():
    n = len(TASK.seeds)
    assert "finite" in verifier(student=Odd(n, float("nan"), ("good", "bad"))).verify([RIGHT])[0].reason
    assert "never seen" in verifier(student=Odd(n, 0.5, ("bad", "other"))).verify([RIGHT])[0].reason


@pytest.mark.parametrize("crossfit", [0, 3])
def test_the_order_of_samples_does_not_matter(crossfit):
    made = [sample(str(i), row.text + " indeed", row.label) for i, row in enumerate(TASK.seeds[:12])]
    found = verifier(crossfit=crossfit).verify(made)
    order = random.Random(1).sample(range(12), 12)
    assert verifier(crossfit=crossfit).verify([made[i] for i in order]) == [found[i] for i in order]
    assert all(isinstance(m, Score) for m in found)


def test_crossfitting_learns_from_other_synthetic_rows_but_not_from_the_judged_one():
    new = [sample(f"g{i}", "splendid marvel", "good") for i in range(8)]
    alone, together = verifier().verify(new)[0], verifier(crossfit=4).verify(new)[0]
    assert together.value > alone.value
    one = verifier(crossfit=4).verify(new[:1])[0]
    assert one == alone


def test_a_single_fold_is_refused():
    with pytest.raises(ValueError, match="folds"):
        verifier(crossfit=1)


def test_wilson_is_the_textbook_interval():
    interval = wilson(45, 50)
    assert (interval.low, interval.high) == (pytest.approx(0.7864, abs=1e-3), pytest.approx(0.9565, abs=1e-3))
    assert wilson(0, 5).low == pytest.approx(0)
