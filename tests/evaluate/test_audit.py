"""Score against gain: buckets follow scores and nothing else, a score that is the true worth is found out, one that means nothing is as well."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr

from synlearner.evaluate.audit import Trial, advantage, agreement, association, buckets, fidelity, parts, rank_correlation, verdict
from synlearner.records import Interval

DRAWS = {"seed": 0, "rounds": 200}
ROWS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from("ab"), st.uuids()), min_size=1, max_size=60, unique_by=lambda row: row[2])


def world(slope: float, *, seed: int = 0, repeats: int = 6, count: int = 5, dev: int = 300, shuffled: bool = False) -> Trial:
    """Buckets whose true worth rises by `slope` from one to the next; shuffled, scores are dealt out anew in each repeat."""
    draw = np.random.default_rng(seed)
    hard = draw.normal(size=dev)
    help_ = slope * np.arange(count)[None, :, None]
    right = (hard + help_ + draw.normal(scale=0.5, size=(repeats, count, dev)) > 0).astype(float)
    scores = np.tile(np.arange(count, dtype=float), (repeats, 1))
    return Trial(np.stack([draw.permutation(s) for s in scores]) if shuffled else scores, right - (hard > 0))


@given(ROWS, st.integers(1, 6), st.randoms(use_true_random=False))
def test_buckets_do_not_depend_on_the_order_of_rows(rows, count, random):
    def cut(some):
        values, strata, names = (list(column) for column in zip(*some, strict=True))
        return [sorted(str(names[i]) for i in bucket) for bucket in buckets(values, strata, list(map(str, names)), count, seed=3)]

    assert cut(rows) == cut(random.sample(rows, len(rows)))


@given(ROWS, st.integers(1, 6))
def test_buckets_are_equal_in_size_and_strata_and_ordered_by_score(rows, count):
    values, strata, names = (list(column) for column in zip(*rows, strict=True))
    cut = buckets(values, strata, list(map(str, names)), count, seed=0)
    assert len({i for bucket in cut for i in bucket}) == sum(map(len, cut))
    for stratum in set(strata):
        inside = [[values[i] for i in bucket if strata[i] == stratum] for bucket in cut]
        assert {len(v) for v in inside} == {strata.count(stratum) // count}
        assert all(max(a) <= min(b) for a, b in pairwise(inside) if a and b)


@given(ROWS, st.integers(1, 6))
def test_parts_share_no_row_and_leave_none_out(rows, count):
    _, strata, names = (list(column) for column in zip(*rows, strict=True))
    cut = parts(strata, list(map(str, names)), count, seed=0)
    assert sorted(i for part in cut for i in part) == list(range(len(rows)))
    for stratum in set(strata):
        sizes = [sum(strata[i] == stratum for i in part) for part in cut]
        assert max(sizes) - min(sizes) <= 1


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=12))
def test_rank_correlations_are_those_of_scipy(pairs):
    x, y = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    for kind, known in (("spearman", spearmanr), ("kendall", kendalltau)):
        found = float(rank_correlation(x, y, kind))
        if np.ptp(x) == 0:
            assert np.isnan(found)
        else:
            assert found == pytest.approx(0.0 if np.ptp(y) == 0 else known(x, y).statistic, abs=1e-9)


@pytest.mark.parametrize("kind", ["spearman", "kendall"])
def test_a_score_that_is_the_true_worth_is_found_out(kind):
    found = association([world(0.4)], kind=kind, **DRAWS)
    assert found.mean > 0.9
    assert found.low > 0.5
    falling = world(-0.4)
    assert association([falling], kind=kind, **DRAWS).high < -0.5
    assert verdict(found, advantage([world(0.4)], [world(0.0, seed=1)], **DRAWS)) == "worth it"
    assert verdict(association([falling], **DRAWS), advantage([falling], [world(0.0, seed=1)], **DRAWS)) == "misleading"


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_shuffled_scores_go_with_nothing_whatever_rows_are_worth(seed):
    found = association([world(0.4, seed=seed, repeats=40, dev=100, shuffled=True)], **DRAWS)
    assert abs(found.mean) < 0.45
    assert found.low < found.mean < found.high


def test_shuffled_scores_leave_zero_out_about_as_rarely_as_the_level_says():
    found = [association([world(0.4, seed=seed, shuffled=True)], **DRAWS) for seed in range(60)]
    assert abs(np.mean([f.mean for f in found])) < 0.1
    assert sum(f.low > 0 or f.high < 0 for f in found) <= 9


@settings(max_examples=20)
@given(st.permutations(range(6)), st.permutations(range(40)))
def test_nothing_depends_on_the_order_of_repeats_or_buckets(repeats, rows):
    trial = world(0.1, dev=40)
    found = association([trial], **DRAWS)
    turned = Trial(trial.scores[repeats][:, ::-1], trial.gains[repeats][:, ::-1][:, :, rows])
    assert association([turned], **DRAWS).mean == pytest.approx(found.mean)
    assert Trial(trial.scores[:, ::-1], trial.gains[:, ::-1]).by_bucket[::-1] == pytest.approx(trial.by_bucket)


def test_scores_that_are_all_equal_have_no_correlation_and_gains_that_are_have_none():
    trial = world(0.2)
    assert association([Trial(np.ones_like(trial.scores), trial.gains)], **DRAWS) is None
    assert association([], **DRAWS) is None
    flat = association([Trial(trial.scores, np.zeros_like(trial.gains))], **DRAWS)
    assert (flat.mean, flat.low, flat.high) == (0.0, 0.0, 0.0)


def test_several_tasks_are_averaged():
    rising, falling = world(0.4), world(-0.4, seed=1)
    both = association([rising, falling], **DRAWS)
    assert both.mean == pytest.approx((association([rising], **DRAWS).mean + association([falling], **DRAWS).mean) / 2)
    assert both.n == 600


def test_verdicts_need_both_intervals():
    above, around, below = (Interval(m, m - 0.2, m + 0.2) for m in (0.5, 0.0, -0.5))
    assert verdict(None, above) == verdict(above, None) == "unmeasured"
    assert verdict(above, below) == verdict(around, below) == verdict(below, above) == "misleading"
    assert verdict(above, Interval(0.1, -0.1, 0.3)) == verdict(around, above) == "no evidence"
    assert verdict(above, above) == "worth it"


def test_agreement_is_over_rows_that_both_scored():
    found = agreement({"a": [1.0, 2.0, 3.0, None], "b": [3.0, 2.0, 1.0, 9.0], "same": [1.0] * 4, "few": [1.0, 2.0, None, None]})
    assert found["a", "a"] == pytest.approx(1)
    assert found["a", "b"] == found["b", "a"] == pytest.approx(-1)
    assert found["a", "same"] is None
    assert found["a", "few"] is None


def test_sets_survive_noise_that_single_rows_do_not():
    draw = np.random.default_rng(0)
    before = draw.normal(size=600)
    after = before + draw.normal(scale=4, size=600)
    found = fidelity(before, after, ["a", "b"] * 300, [str(i) for i in range(600)], 5, seed=0, rounds=100)
    assert 0 < found.items.mean < 0.4
    assert found.sets.mean > 0.8
    assert len(found.medians) == 5
    nothing = fidelity(before, draw.normal(size=600), ["a"] * 600, [str(i) for i in range(600)], 5, seed=0, rounds=100)
    assert nothing.items.low < 0 < nothing.items.high
    assert fidelity(np.ones(600), after, ["a"] * 600, ["p"] * 600, 5, seed=0).items is None
