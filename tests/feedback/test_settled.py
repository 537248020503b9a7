"""A verifier that no longer learns, and the worth of a draft."""

import numpy as np
import pytest

from synlearner.feedback.hierarchy import judge
from synlearner.feedback.rewards import Faithfulness, Gate, Quality
from synlearner.feedback.verifiers import StudentVerifier
from synlearner.records import Attempt, Failure, Prompt, Rejection, Row, Sample, Score, Unscored
from synlearner.stream.bundled import DEMO
from synlearner.stream.reading import load_task
from synlearner.testing import WordCount

TASK, _ = load_task(DEMO / "reviews.toml", 0)
LABELS = ("up", "down")
WORDS = {"up": "rising higher climbing above", "down": "falling lower sinking below"}


def sample(i: int, label: str, text: str = "") -> Sample:
    return Sample(f"p{i}", Row(f"r{i}", {"text": text or f"{WORDS[label]} number {i}"}, label, "synthetic"), {})


@pytest.fixture(scope="module")
def verifier() -> StudentVerifier:
    rows = [Row(f"s{i}{label}", {"text": f"{WORDS[label].split()[i % 4]} thing {i}"}, label) for label in LABELS for i in range(12)]
    return StudentVerifier(WordCount(), rows, LABELS, seed=1)


def test_what_it_says_of_a_text_depends_on_nothing_else_that_is_asked(verifier):
    settled = verifier.settled([sample(i, LABELS[i % 2]) for i in range(10)])
    asked = [sample(100 + i, LABELS[i % 2]) for i in range(6)]
    together = settled.verify(asked)
    assert all(isinstance(m, Score) and m.value > 0.5 for m in together)
    assert [settled.verify([one])[0] for one in asked] == together
    assert settled.verify([]) == []


def test_a_flipped_label_is_doubted(verifier):
    right, flipped = verifier.settled([]).verify([sample(1, "up"), sample(1, "up", WORDS["down"])])
    assert right.value > 0.5 > flipped.value


def test_a_verifier_that_is_no_better_than_chance_says_nothing():
    rows = [Row(f"s{i}", {"text": f"word{i}"}, LABELS[i % 2]) for i in range(12)]
    told = StudentVerifier(WordCount(), rows, LABELS, seed=1).settled([]).verify([sample(1, "up")])
    assert isinstance(told[0], Unscored)


def test_worth_is_the_quality_of_a_record_and_nothing_for_anything_else(verifier):
    prompt = Prompt("p", TASK.name, "test", 0, "up", {}, (), "", "", 0)
    outcomes = [sample(1, "up"), sample(2, "up", WORDS["down"]), Rejection("p", "no json", "", "hm"), Failure("p", 0, "server gone")]
    attempts = [Attempt(prompt, o) for o in outcomes]
    found = judge(attempts, [Gate(), Faithfulness(verifier.settled([]))], {"faithfulness": 1.0}).worth
    assert found[0] > 0.5 > found[1] > 0
    assert found[2] == 0.0
    assert np.isnan(found[3])
    assert np.array_equal(judge(attempts, [Gate()], {"gate": 1.0}).worth, np.array([1.0, 1.0, 0.0, np.nan]), equal_nan=True)
    assert judge(attempts, [Quality(TASK)], {"quality": 1.0}).worth.shape == (4,)
