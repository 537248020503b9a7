"""Rewards notice damage: each falls along the ladders that it is meant for."""

from itertools import pairwise

import pytest
from feedback_tasks import gold, seeds, task_of

from synlearner.feedback import rewards
from synlearner.feedback.ladder import DAMAGES, attempts_of, fall, ladder, means
from synlearner.feedback.verifiers import StudentVerifier
from synlearner.testing import WordCount, WordHash

TASK = task_of(seeds(), length={"min_words": 3, "max_words": 40})
ROWS = [gold(f"g{i}", f"{text} so far", label) for i, (label, text) in enumerate(seeds(15))]
VERIFIER = StudentVerifier(WordCount(), TASK.seeds, TASK.labels, seed=1)
MEANT = [
    (rewards.Gate(), "json break"),
    (rewards.Faithfulness(VERIFIER), "label flip"),
    (rewards.Attributes(TASK), "attribute removal"),
    (rewards.Quality(TASK), "truncation"),
    (rewards.Quality(TASK), "loop"),
    (rewards.Quality(TASK), "word salad"),
    (rewards.Distinctiveness(WordHash()), "paraphrase duplicate"),
    (rewards.SetGain(WordHash()), "paraphrase duplicate"),
]


@pytest.mark.parametrize(("reward", "damage"), MEANT, ids=lambda x: getattr(x, "name", x))
def test_a_reward_falls_along_its_ladder(reward, damage):
    assert fall(means(reward, ladder(TASK, ROWS, damage, seed=3))) >= 0.8


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_ladder_begins_whole_and_damages_more_and_more(damage):
    steps, whole = ladder(TASK, ROWS, damage, rungs=4, seed=3), attempts_of(TASK, ROWS, seed=3)
    assert steps[0] == whole
    changed = [{i for i, (a, b) in enumerate(zip(step, whole, strict=True)) if a != b} for step in steps]
    assert all(before <= after for before, after in pairwise(changed))
    assert len(changed[-1]) >= len(ROWS) - 1
    assert steps == ladder(TASK, ROWS, damage, rungs=4, seed=3)


def test_every_broken_answer_costs_every_reward():
    for reward, _ in MEANT:
        values = means(reward, ladder(TASK, ROWS, "json break", seed=3))
        assert values[-1] == reward.bounds[0]


def test_kendall_s_tau():
    assert fall([3, 2, 1]) == 1
    assert fall([1, 2, 3]) == -1
    assert fall([3, 1, 2]) == pytest.approx(1 / 3)
    assert fall([2, 2, 2]) is None
    assert fall([2, None, 1]) is None
