"""The published reward, as it stands: laws of its parts, and what is wrong with it."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synlearner.feedback import published
from synlearner.generate.parsing import parse
from synlearner.records import Attempt, Draft, Prompt
from synlearner.stream.bundled import DEMO
from synlearner.stream.reading import load_task
from synlearner.testing import WordHash

TASK, _ = load_task(DEMO / "reviews.toml", 0)
LABELS = ("a", "b", "c", "d")


def prompt(i: int, label: str = "positive") -> Prompt:
    return Prompt(f"p{i}", TASK.name, "test", i, label, {}, (), "", "", i, TASK.keys)


def attempts_of(texts: list[str], groups: list[int]) -> list[Attempt]:
    return [Attempt(p := prompt(g), parse(TASK, p, Draft(p.id, 0, t, None, None))) for t, g in zip(texts, groups, strict=True)]


def record(text: str, label: str = "positive") -> str:
    return json.dumps({"label": label, "text": text})


@pytest.mark.parametrize(("found", "earned"), [("a", 1.0), ("b", 0.6), ("c", 0.25), ("d", 0.0), ("z", 0.0), ("", 0.0)])
def test_a_label_earns_by_its_distance_from_the_wanted_one(found, earned):
    assert published.nearness(LABELS, "a", found) == earned


def test_an_echo_of_the_label_earns_everything_whatever_the_text_says():
    texts = [record("It broke after a day and I want my money back."), record("I use it every day and would buy it again.")]
    parts = published.columns(attempts_of(texts, [0, 0]), texts, TASK, WordHash())
    assert parts["label"].tolist() == [1.0, 1.0]


@given(st.lists(st.lists(st.floats(-1, 1), min_size=3, max_size=3).filter(lambda v: sum(x * x for x in v) > 0.01), min_size=1, max_size=7))
def test_diversity_is_bounded_equivariant_and_zero_for_copies(rows):
    vectors = np.array(rows)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = published.diversity(vectors)
    assert ((found >= 0) & (found <= 1)).all()
    assert np.allclose(published.diversity(vectors[::-1])[::-1], found, atol=1e-6)
    assert np.allclose(published.diversity(np.repeat(vectors[:1], 4, axis=0)), 0, atol=1e-6)


def test_advantages_are_those_of_the_sum_within_each_prompt():
    texts = [record("It is light and strong."), "no record", record("It is light and strong."), record("The lid fits and nothing leaks.")]
    attempts = attempts_of(texts, [0, 0, 1, 1])
    parts = published.columns(attempts, texts, TASK, WordHash())
    found = published.advantages(parts, attempts)
    assert found[:2].sum() == pytest.approx(0, abs=1e-6)
    assert found[2:].sum() == pytest.approx(0, abs=1e-6)
    assert found[0] > found[1]
