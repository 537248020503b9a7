"""Diversity metrics: equal to their formulas in float64, and lawful."""

import math

import numpy as np
import pytest
from feedback_tasks import sample, task_of
from hypothesis import given, settings
from hypothesis import strategies as st
from vendi_score import vendi as published

from synlearner.feedback import diversity, reference

ORDERS = (0.5, 1.0, 2.0, math.inf)


def unit(matrix):
    return (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)


def clustered(rows, width=48, clusters=8, spread=0.5, seed=0):
    rng = np.random.default_rng(seed)
    return unit(rng.standard_normal((clusters, width))[rng.integers(0, clusters, rows)] + spread * rng.standard_normal((rows, width)))


@st.composite
def sets(draw):
    return clustered(draw(st.integers(2, 60)), draw(st.integers(2, 40)), draw(st.integers(1, 9)), draw(st.sampled_from([0.01, 0.3, 2.0])), draw(st.integers(0, 999)))


SPREAD = {
    "even": clustered(300, clusters=300),
    "clusters": clustered(1100),
    "tight": clustered(300, spread=0.01),
    "near-copies": clustered(400, spread=2e-4),
    "copies": np.repeat(clustered(20), 20, axis=0),
    "one text": np.repeat(clustered(1), 30, axis=0),
    "few": clustered(7),
    "wide": clustered(30, width=200),
}


@pytest.mark.parametrize("name", SPREAD)
def test_metrics_equal_their_formulas(name):
    data, archive = SPREAD[name], clustered(300, SPREAD[name].shape[1], seed=5)
    close = {"rtol": 1e-5, "atol": 1e-5}
    np.testing.assert_allclose(diversity.distinctiveness(data), reference.distinctiveness(data), **close)
    np.testing.assert_allclose(diversity.novelty(data, archive), reference.novelty(data, archive), **close)
    np.testing.assert_allclose(diversity.novel_sum(data), reference.novel_sum(data), **close)
    np.testing.assert_allclose(diversity.novel_sum(data, archive, k=3), reference.novel_sum(data, archive, k=3), **close)
    np.testing.assert_allclose(diversity.dc_score(data, 0.2), reference.dc_score(data, 0.2), **close)
    np.testing.assert_allclose([diversity.vendi(data[:400], q) for q in ORDERS], [reference.vendi(data[:400], q) for q in ORDERS], **close)
    np.testing.assert_allclose(diversity.set_gain(data[:60], 0.7), reference.set_gain(data[:60], 0.7), **close)


def test_vendi_is_that_of_the_published_package():
    data = clustered(80)
    assert diversity.vendi(data) == pytest.approx(published.score_dual(data.astype(np.float64)), abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(sets(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(data, random):
    order = list(range(len(data)))
    random.shuffle(order)
    for per_row in (diversity.distinctiveness, diversity.set_gain, lambda e: diversity.novelty(e, data[:1])):
        np.testing.assert_allclose(per_row(data[order]), per_row(data)[order], atol=2e-6)
    for whole in (diversity.vendi, diversity.dc_score, diversity.novel_sum):
        assert whole(data[order]) == pytest.approx(whole(data), rel=1e-5, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(sets())
def test_metrics_stay_in_their_bounds(data):
    n = len(data)
    assert np.all((diversity.distinctiveness(data) >= 0) & (diversity.distinctiveness(data) <= 1))
    assert np.all((diversity.novelty(data, data[:1]) >= 0) & (diversity.novelty(data, data[:1]) <= 2))
    assert np.all(diversity.set_gain(data) > 0)
    assert diversity.novel_sum(data) >= 0
    for value in (diversity.vendi(data), diversity.vendi(data, 2), diversity.dc_score(data)):
        assert 1 - 1e-5 <= value <= n + 1e-5


@settings(max_examples=40, deadline=None)
@given(sets())
def test_a_copy_makes_a_row_less_distinct_and_adds_no_effective_sample(data):
    more = np.concatenate([data, data[:1]])
    assert diversity.distinctiveness(more)[0] <= diversity.distinctiveness(data)[0] + 1e-6
    assert diversity.vendi(more) <= diversity.vendi(data) + 1e-5 or diversity.vendi(more) / len(more) < diversity.vendi(data) / len(data)
    assert diversity.set_gain(more)[0] < diversity.set_gain(data)[0]


def test_copies_only_are_one_effective_sample_and_orthogonal_rows_are_all():
    corners = np.eye(16, dtype=np.float32)
    assert diversity.effective_samples(np.repeat(corners[:1], 9, axis=0)) == pytest.approx(1)
    assert diversity.effective_samples(corners) == pytest.approx(16)
    assert diversity.distinctiveness(np.repeat(corners[:1], 9, axis=0)).max() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("bad", [np.zeros((3, 4)), np.ones((3, 4)), np.zeros((0, 4)), np.ones(4), np.full((2, 4), np.nan)])
def test_what_is_no_set_of_unit_vectors_is_refused(bad):
    with pytest.raises(ValueError, match=r"unit vector|matrix"):
        diversity.distinctiveness(bad)


def test_arguments_without_a_meaning_are_refused():
    data = clustered(5)
    for call in (lambda: diversity.vendi(data, 0), lambda: diversity.dc_score(data, 0), lambda: diversity.set_gain(data, 0), lambda: diversity.novel_sum(data[:1])):
        with pytest.raises(ValueError):
            call()


TEXTS = st.lists(st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f"]), min_size=1, max_size=9).map(" ".join), min_size=2, max_size=9)


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_self_bleu_equals_its_formula(texts):
    assert diversity.self_bleu(texts, seed=0) == pytest.approx(reference.self_bleu(texts))


def test_text_metrics_tell_copies_from_different_texts():
    same, other = ["the cat sat on the mat"] * 20, [f"{a} {b} runs {c}" for a in "pqrs" for b in "tuvw" for c in "xyz"][:20]
    assert diversity.self_bleu(same, seed=0) == pytest.approx(1)
    assert diversity.self_bleu(other, seed=0) < 0.9
    assert diversity.distinct_n(same, 2) == pytest.approx(5 / 100)
    assert diversity.distinct_n(["one two"], 2) == 1
    assert diversity.compression_ratio(same) > diversity.compression_ratio(other)


def test_what_a_text_metric_cannot_measure_is_none():
    assert diversity.distinct_n(["word"], 2) is None
    assert diversity.self_bleu(["only one", "!!!"], seed=0) is None
    assert diversity.compression_ratio([""]) is None


def test_self_bleu_of_a_draw_is_the_same_for_the_same_seed():
    texts = [f"text number {i} about {i % 7} things" for i in range(60)]
    assert diversity.self_bleu(texts, seed=1, sample=20) == diversity.self_bleu(texts, seed=1, sample=20)


def test_attribute_coverage_counts_declared_values_by_label():
    task = task_of(attributes={"tone": ["plain", "warm"]})
    asked = [sample("1", "x", "good", {"tone": "plain"}), sample("2", "y", "bad", {"tone": "plain"}), sample("3", "z", "bad", {"tone": "other"})]
    assert diversity.attribute_coverage(asked, task) == 0.5
    assert diversity.attribute_coverage(asked, task_of()) is None


def test_a_set_is_described_by_numbers_or_none():
    found = diversity.describe(["a b", "c", "d"], np.eye(3, dtype=np.float32), seed=0)
    assert found["effective_samples"] == pytest.approx(3)
    assert all(value is None or math.isfinite(value) for value in found.values())
    with pytest.raises(ValueError, match="at least two texts"):
        diversity.describe(["a"], np.eye(1, dtype=np.float32), seed=0)
