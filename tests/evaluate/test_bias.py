"""Feedback bias: fair beginnings of the review, an estimate that is right where it can be checked, an interval that holds, drift and alarm."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synlearner.evaluate.bias import LEAST, Judged, Pair, Whole, drift, estimate, explained, groups, holm, mean_difference, rank_correlation, review_order, slices, touch, wilson
from synlearner.seeding import numpy_rng

SCORES = st.none() | st.sampled_from([0.1, 0.5, 0.5, 0.9]) | st.floats(0, 1)
TABLES = st.dictionaries(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(["", "x", "y"])), st.lists(SCORES, max_size=30), max_size=6)


@st.composite
def rows_of(draw):
    """Rows by task and label, with ids that are all different."""
    table, ids = draw(TABLES), iter(range(10_000))
    return {key: [(next(ids), score) for score in scores] for key, scores in table.items()}


PAIRS = st.lists(st.builds(Pair, st.floats(0, 1), st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=40)


# ── the order ───────────────────────────────────────────────────────────


@given(rows_of(), st.integers(0, 9), st.randoms(use_true_random=False))
def test_the_order_holds_every_row_once_and_depends_on_the_rows_as_a_set(rows, seed, shuffle):
    order = review_order(rows, seed)
    assert sorted(order) == sorted(i for own in rows.values() for i, _ in own)
    other = {key: shuffle.sample(rows[key], len(rows[key])) for key in reversed(rows)}
    assert review_order(other, seed) == order


@given(rows_of(), st.integers(0, 9), st.integers(0, 180))
def test_every_beginning_has_tasks_in_turns_and_labels_in_their_shares(rows, seed, n):
    task_of = {i: task for (task, _), own in rows.items() for i, _ in own}
    label_of = {i: label for (_, label), own in rows.items() for i, _ in own}
    sizes = Counter(task_of.values())
    begun = review_order(rows, seed)[:n]
    had = Counter(task_of[i] for i in begun)
    unfinished = [had[t] for t in sizes if had[t] < sizes[t]]
    assert max(had.values(), default=0) - min(unfinished, default=max(had.values(), default=0)) <= 1
    for task, size in sizes.items():
        own = [i for i in begun if task_of[i] == task]
        for label, whole in Counter(label_of[i] for i in task_of if task_of[i] == task).items():
            # Up to four bands of the score, each at most one row early or late, as are those of the other labels.
            assert abs(sum(label_of[i] == label for i in own) - len(own) * whole / size) <= 4 + 12 * whole / size


def test_another_seed_reads_other_rows_and_every_row_has_its_chance():
    rows = {("a", "x"): [(i, i / 40) for i in range(40)]}
    first = Counter(review_order(rows, seed)[0] for seed in range(400))
    assert len(first) == 40
    assert max(first.values()) < 40


# ── the estimate ────────────────────────────────────────────────────────


@given(PAIRS, st.integers(0, 100), st.floats(0, 1))
def test_the_estimate_lies_within_its_interval_and_the_interval_within_0_and_1(pairs, further, score):
    whole = Whole(len(pairs) + further, len(pairs) + further, sum(p.score for p in pairs) + further * score)
    found = estimate(pairs, whole)
    assert 0 <= found.low <= found.mean + 1e-12
    assert found.mean - 1e-12 <= found.high <= 1


@given(PAIRS)
def test_where_every_row_is_judged_nothing_is_estimated(pairs):
    found = estimate(pairs, Whole(len(pairs), len(pairs), sum(p.score for p in pairs)))
    assert found.mean == pytest.approx(sum(p.people for p in pairs) / len(pairs))
    assert found.low == found.high == found.mean


@given(st.lists(st.booleans(), min_size=LEAST, max_size=30), st.integers(1, 99))
def test_the_estimate_is_the_control_variate_of_the_paper_and_scale_does_not_matter(said, seed):
    draw = numpy_rng(seed)
    pairs = [Pair(float(np.clip(0.3 * z + 0.5 * draw.random(), 0, 1)), float(z)) for z in said]
    s, z = (np.array(column) for column in zip(*pairs, strict=True))
    whole = Whole(200, 200, 90.0)
    found = estimate(pairs, whole)
    if z.std():
        alpha = np.cov(z, s)[0, 1] / s.var(ddof=1)
        assert found.mean == pytest.approx(float(np.clip(z.mean() - alpha * (s.mean() - 0.45), 0, 1)))
        scaled = [Pair(0.1 + 0.2 * p.score, p.people) for p in pairs]
        assert estimate(scaled, Whole(200, 200, 200 * (0.1 + 0.2 * 0.45))).mean == pytest.approx(found.mean)
    else:
        assert found.mean == z.mean()


def test_few_verdicts_and_verdicts_that_are_all_alike_use_no_score():
    few = [Pair(0.2, 0.0), Pair(0.9, 1.0)]
    assert explained(few) is None
    assert estimate(few, Whole(100, 100, 90.0)).mean == 0.5
    alike = [Pair(k / 20, 1.0) for k in range(20)]
    assert explained(alike) is None
    found = estimate(alike, Whole(1000, 1000, 500.0))
    assert (found.mean, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(wilson(1.0, 20 / 0.98)[0])


@given(PAIRS)
def test_what_the_score_saves_is_a_share_that_chance_alone_does_not_fill(pairs):
    found = explained(pairs)
    assert found is None or 0 <= found <= 1 - 1 / len(pairs)


def test_the_interval_holds_where_people_accept_nearly_all():
    draw = numpy_rng(3)
    scores = draw.random(2000)
    people = (draw.random(2000) < 0.86 + 0.14 * scores).astype(float)
    whole, held = Whole(2000, 2000, float(scores.sum())), 0
    for _ in range(400):
        picked = draw.choice(2000, 40, replace=False)
        found = estimate([Pair(float(scores[i]), float(people[i])) for i in picked], whole)
        held += found.low <= people.mean() <= found.high
    assert 0.92 <= held / 400 <= 0.98


@given(PAIRS.filter(lambda pairs: len(pairs) > 1))
def test_rank_correlation_is_spearman_s(pairs):
    from scipy.stats import spearmanr

    found = rank_correlation(pairs)
    s, z = zip(*pairs, strict=True)
    if len(set(s)) > 1 and len(set(z)) > 1:
        assert found == pytest.approx(spearmanr(s, z).statistic, abs=1e-9)
    else:
        assert found is None


# ── slices, drift, alarm ────────────────────────────────────────────────


def test_slices_tell_tasks_and_their_labels_and_nothing_where_nobody_judged():
    judged = [Judged("a", "x", 0.8, 1.0), Judged("a", "x", 0.6, 0.0), Judged("a", "y", None, 1.0)]
    found = slices(judged, {("a", "x"): Whole(10, 10, 6.0), ("a", "y"): Whole(5, 0, 0.0), ("b", ""): Whole(7, 7, 3.0)}, seed=1)
    assert [(s.task, s.label, s.rows, s.judged, s.unscored) for s in found] == [("a", "", 15, 3, 5), ("a", "x", 10, 2, 0), ("a", "y", 5, 1, 5), ("b", "", 7, 0, 0)]
    whole, x, y, b = found
    assert x.difference.mean == pytest.approx(0.2)
    assert x.difference.low <= 0.2 <= x.difference.high
    assert (whole.score, whole.people) == (pytest.approx(0.7), pytest.approx(2 / 3))
    assert (y.score, y.difference, y.quality.mean) == (None, None, 1.0)
    assert (b.people, b.quality, b.rank, b.saved) == (None, None, None, None)


@given(st.lists(st.integers(2, 9), min_size=2, max_size=5), st.floats(-0.1, 0.1))
def test_drift_is_the_slope_over_the_tasks(sizes, slope):
    by_task = [[Pair(0.5 + slope * t, 0.5)] * n for t, n in enumerate(sizes)]
    found = drift(by_task, seed=1)
    assert found.mean == pytest.approx(slope, abs=1e-9)
    assert found.low == pytest.approx(found.high, abs=1e-9)
    assert mean_difference(by_task, seed=1).mean == pytest.approx(sum(slope * t for t in range(len(sizes))) / len(sizes), abs=1e-9)


def test_drift_needs_two_judged_tasks():
    assert drift([[Pair(0.5, 1.0)] * 5, [Pair(0.5, 1.0)]], seed=1) is None
    assert mean_difference([[], [Pair(0.5, 1.0)]], seed=1) is None


def test_the_alarm_goes_off_where_the_score_no_longer_goes_with_people_and_not_before():
    draw = numpy_rng(5)
    good = [[Pair(float(s), float(s + 0.3 * draw.normal() > 0.5)) for s in draw.random(60)] for _ in range(3)]
    lost = [Pair(float(s), float(draw.random() < 0.5)) for s in draw.random(60)]
    found = touch([*good, lost, good[0][:5]])
    assert found[0] is None
    assert [t.alarm for t in found[1:4]] == [False, False, True]
    assert found[3].now < found[3].before
    assert found[4] is None
    assert all(math.isfinite(t.before) for t in found if t)


# ── labels and attribute values ─────────────────────────────────────────


def readers(seed, n, odd=""):
    """Judged rows of one task in two labels and three tones; on the odd tone people accept fewer than elsewhere, whatever our score says."""
    draw = numpy_rng(seed, "groups")
    tones = ["calm", "angry", "tired"]
    rows = [(tones[i % 3], float(draw.random()), float(draw.random())) for i in range(n)]
    return [Judged("t", "xy"[i % 2], score, float(chance < (0.25 if tone == odd else 0.7)), {"tone": tone}) for i, (tone, score, chance) in enumerate(rows)]


def test_a_value_on_which_the_score_errs_is_found_and_the_others_are_not():
    found = groups(readers(1, 300, odd="angry"))
    assert {(g.name, g.value) for g in found} == {("", "x"), ("", "y"), ("tone", "calm"), ("tone", "angry"), ("tone", "tired")}
    assert {g.value for g in found if g.odd and g.beyond > 0} == {"angry"}
    angry = next(g for g in found if g.value == "angry")
    assert (angry.judged, angry.others) == (100, 200)


def test_looking_at_many_groups_raises_few_alarms_where_there_is_nothing():
    alarms = sum(any(g.odd for g in groups(readers(seed, 90))) for seed in range(300))
    # At most 5 % of runs, whatever the number of groups; three standard errors of 300 runs are 3.8 %.
    assert alarms / 300 <= 0.05 + 0.038


def test_few_rows_in_a_group_or_beside_it_say_nothing():
    assert groups(readers(2, LEAST)) == []
    assert groups([Judged("t", "x", 0.5, 1.0, {"tone": "calm"})] * 40) == []
    assert groups([Judged("t", "x", None, 1.0, {"tone": "calm"})] * 40) == []


@given(st.lists(st.floats(0, 1), max_size=12))
def test_corrected_chances_keep_their_order_and_are_no_smaller(chances):
    corrected = holm(chances)
    assert all(c >= p for c, p in zip(corrected, chances, strict=True))
    assert all(c <= 1 for c in corrected)
    order = sorted(range(len(chances)), key=lambda i: chances[i])
    assert [corrected[i] for i in order] == sorted(corrected)
    assert not chances or corrected[order[0]] == pytest.approx(min(1.0, len(chances) * min(chances)))
