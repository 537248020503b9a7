"""The combination of rewards: the gate, quality times diversity, and GDPO, held against the formulas written out."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from test_rewards import FAILED, TASK, attempt

from synlearner.feedback import hierarchy, rewards
from synlearner.feedback.hierarchy import Schedule, combine, judge, normalised
from synlearner.records import Attempt, Rejection, Score, Unscored
from synlearner.testing import ScriptedVerifier, WordHash

SOME = st.floats(-5, 5) | st.just(math.nan)


class Told:
    """A reward that says what is written for each text."""

    def __init__(self, name, values, level="sample", bounds=(0.0, 1.0)):
        self.name, self.level, self.bounds, self.values = name, level, bounds, values

    def score(self, attempts):
        found = [self.values.get(getattr(a.outcome, "row", None) and a.outcome.row.text) for a in attempts]
        return [Unscored(self.name, "not told") if v is None else Score(self.name, v) for v in found]


def by_hand(columns, weights, groups):
    """GDPO in plain loops."""
    total = [None] * len(groups)
    for column, weight in zip(columns, weights, strict=True):
        for i, value in enumerate(column):
            mates = [v for v, g in zip(column, groups, strict=True) if g == groups[i] and not math.isnan(v)]
            if weight and not math.isnan(value):
                mean = sum(mates) / len(mates)
                deviation = math.sqrt(sum((v - mean) ** 2 for v in mates) / len(mates))
                total[i] = (total[i] or 0.0) + weight * (value - mean) / (deviation + 1e-4)
    seen = [t for t in total if t is not None]
    if not seen:
        return [math.nan] * len(groups)
    mean = sum(seen) / len(seen)
    deviation = math.sqrt(sum((t - mean) ** 2 for t in seen) / len(seen))
    return [math.nan if t is None else (t - mean) / (deviation + 1e-4) for t in total]


@given(st.integers(1, 12).flatmap(lambda n: st.tuples(arrays(float, (3, n), elements=SOME), arrays(int, n, elements=st.integers(0, 3)))))
def test_the_combination_is_the_formula(drawn):
    columns, groups = drawn
    groups = np.unique(groups, return_inverse=True)[1]
    weights = [1.0, 0.5, 0.0]
    np.testing.assert_allclose(combine(list(columns), weights, groups), by_hand(columns, weights, groups), rtol=1e-6, atol=1e-6)


@given(arrays(float, 8, elements=st.floats(0, 1)), st.floats(0.1, 10), st.floats(-3, 3))
def test_a_reward_s_scale_and_offset_do_not_matter(values, scale, offset):
    groups = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    if min(values[:4].std(), values[4:].std()) > 0.05:
        np.testing.assert_allclose(normalised(values, groups), normalised(scale * values + offset, groups), atol=0.05)


def refused(name):
    return Attempt(attempt(name, "x").prompt, Rejection(name, "no json", "", ""))


def test_an_answer_without_a_record_is_never_better_than_one_with():
    attempts = [attempt("p", "a great lamp"), refused("p"), attempt("p", "an awful tent"), FAILED]
    told = [rewards.Gate(), Told("one", {"a great lamp": 0.9, "an awful tent": 0.0}), Told("two", {"a great lamp": 0.2, "an awful tent": 0.1}, "set")]
    verdict = judge(attempts, told, {"gate": 1.0, "one": 1.0, "two": 1.0})
    assert verdict.advantages[1] == np.nanmin(verdict.advantages)
    assert verdict.advantages[0] == np.nanmax(verdict.advantages)
    assert math.isnan(verdict.advantages[3])


def test_different_garbage_earns_nothing():
    attempts = [attempt("p", "a great lamp"), attempt("p", "zzz qqq"), attempt("p", "an awful tent")]
    quality = Told("quality", {"a great lamp": 0.8, "zzz qqq": 0.0, "an awful tent": 0.5})
    different = Told("different", {"a great lamp": 0.3, "zzz qqq": 1.0, "an awful tent": 0.3}, "set")
    verdict = judge(attempts, [quality, different], {"quality": 0.5, "different": 1.0})
    np.testing.assert_allclose(verdict.columns[1].values, [0.24, 0.0, 0.15])
    assert verdict.advantages[1] == min(verdict.advantages)


def test_what_was_not_measured_is_absent_and_counted():
    attempts = [attempt("p", t) for t in ("one", "two", "three", "four")]
    half = Told("half", {"one": 0.2, "two": 0.8})
    full = Told("full", {"one": 0.1, "two": 0.2, "three": 0.3, "four": 0.4})
    verdict = judge(attempts, [half, full], {"half": 1.0, "full": 1.0})
    assert [c.unscored for c in verdict.columns] == [2, 0]
    assert verdict.columns[0].mean == pytest.approx(0.5)
    alone = judge(attempts, [full], {"full": 1.0})
    assert verdict.advantages[3] > verdict.advantages[2]
    assert np.argsort(alone.advantages).tolist() == [0, 1, 2, 3]


def test_a_quality_that_nobody_measured_is_not_invented():
    attempts = [attempt("p", "one"), attempt("p", "two")]
    verdict = judge(attempts, [Told("quality", {}), Told("set", {"one": 0.1, "two": 0.9}, "set")], {"quality": 1.0, "set": 1.0})
    assert np.isnan(verdict.advantages).all()
    free = judge(attempts, [Told("quality", {}), Told("set", {"one": 0.1, "two": 0.9}, "set")], {"quality": 0.0, "set": 1.0})
    assert free.advantages[1] > free.advantages[0]


def test_flat_groups_and_spread_are_told():
    attempts = [attempt("p", "one"), attempt("p", "two"), attempt("q", "one"), attempt("q", "one")]
    [column] = judge(attempts, [Told("r", {"one": 0.0, "two": 1.0})], {"r": 1.0}).columns
    assert (column.spread, column.flat) == (pytest.approx(0.25), 0.5)


def test_a_batch_of_real_rewards_gives_finite_advantages():
    attempts = [attempt(p, f"the {t} is {w} and I am {w}", thing="lamp") for p in "ab" for t, w in (("lamp", "great"), ("tent", "awful"), ("kettle", "happy"))]
    told = [
        rewards.Gate(),
        rewards.Quality(TASK),
        rewards.Attributes(TASK),
        rewards.Faithfulness(ScriptedVerifier(lambda s: 0.5)),
        rewards.Distinctiveness(WordHash()),
        rewards.SetGain(WordHash()),
    ]
    verdict = judge([*attempts, refused("a")], told, {r.name: 1.0 for r in told})
    assert np.isfinite(verdict.advantages).all()
    assert abs(verdict.advantages.mean()) < 1e-6
    assert [c.level for c in verdict.columns] == ["gate", "sample", "sample", "sample", "set", "set"]


def test_an_empty_batch_is_no_error():
    assert judge([], [rewards.Gate()], {"gate": 1.0}).advantages.shape == (0,)


def test_names_and_weights_must_fit():
    with pytest.raises(ValueError, match="two rewards have one name"):
        judge([], [rewards.Gate(), rewards.Gate()], {})
    with pytest.raises(ValueError, match="no reward for: qualty"):
        judge([], [rewards.Gate()], {"qualty": 1.0})


def test_a_schedule_goes_from_base_to_target_and_stays():
    schedule, target = Schedule({"set": 0.0}, warm_up=0.5), {"set": 1.0, "gate": 2.0}
    assert [schedule.at(target, p)["set"] for p in (0, 0.25, 0.5, 1)] == [0, 0.5, 1, 1]
    assert schedule.at(target, 0)["gate"] == 2.0
    waved = Schedule({}, wave=0.5, waves=1).at(target, 0.25)
    assert waved["set"] == pytest.approx(1.5)
    with pytest.raises(ValueError, match="a share of the training"):
        schedule.at(target, 1.5)


def test_groups_are_prompts():
    attempts = [attempt("p", "one"), attempt("q", "one"), attempt("p", "two")]
    assert hierarchy.groups_of(attempts).tolist() == [0, 1, 0]
