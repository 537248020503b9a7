"""Rewards notice damage: each falls along the ladders that it is meant for."""

from itertools import pairwise

import pytest
from feedback_tasks import gold, seeds, task_of

from synlearner.feedback import rewards
from synlearner.feedback.ladder import DAMAGES, attempts_of, climbs, fall, ladder, means
from synlearner.feedback.verifiers import StudentVerifier
from synlearner.records import Score, Unscored
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


def climbed(reward, damage, **more):
    (found,) = climbs(reward, TASK, ROWS, [damage], rungs=6, seed=3, **more)
    return found


@pytest.mark.parametrize(("reward", "damage"), MEANT, ids=lambda x: getattr(x, "name", x))
def test_a_climb_says_what_fall_says_with_an_interval(reward, damage):
    found = climbed(reward, damage)
    assert found.means == pytest.approx(means(reward, ladder(TASK, ROWS, damage, seed=3)))
    assert found.tau == fall(found.means)
    assert -1 <= found.interval.low <= found.tau <= found.interval.high <= 1
    assert found.change.mean == pytest.approx(found.means[-1] - found.means[0])
    assert found.right > found.wrong
    assert not found.unscored


class Longer:
    """A reward that long texts take in, and that cannot read one of them."""

    name, level, bounds = "longer", "sample", (0.0, 1e6)

    def __init__(self):
        self.asked = 0

    def score(self, attempts):
        self.asked += len(attempts)
        texts = [getattr(a.outcome, "row", None) for a in attempts]
        return [Unscored("longer", "no record") if r is None else Unscored("longer", "it has a clock") if "clock" in r.text else Score("longer", len(r.text)) for r in texts]


def test_what_damage_raises_has_a_tau_below_zero_and_what_is_not_measured_is_counted():
    reward = Longer()
    found = climbs(reward, TASK, ROWS, ["padding", "praise", "truncation", "label flip"], rungs=6, seed=3)
    assert [c.interval.high < 0 for c in found[:2]] == [True, True]
    assert found[2].interval.low > 0
    assert (found[3].tau, found[3].interval, found[3].right, found[3].wrong) == (None, None, 0, 0)
    clocks = sum("clock" in r.text for r in ROWS)
    assert found[0].unscored == {"it has a clock": 2 * clocks}
    assert found[0].pairs == len(ROWS) - clocks
    # Whole rows are asked about once, whatever the number of ways of damage.
    assert reward.asked == len(ROWS) * 5


def test_nothing_measured_is_nothing_said():
    found = climbed(rewards.Novelty(WordHash(), WordHash().embed([])), "filler")
    assert set(found.means) == {None}
    assert (found.tau, found.change, found.pairs) == (None, None, 0)
    assert found.unscored == {"the archive is empty": len(ROWS)}
