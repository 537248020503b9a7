"""Fingerprints: unit vectors of what the learner may see, and of nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from synlearner.experience.fingerprints import fingerprint, similarities, similarity
from synlearner.registry import find
from synlearner.stream.bundled import DEMO
from synlearner.stream.reading import load_task

NAMES = ("tickets", "reviews", "questions", "pairs")


@pytest.fixture(scope="module")
def tasks():
    return {name: load_task(DEMO / f"{name}.toml", 0)[0] for name in NAMES}


@pytest.fixture(scope="module", params=["hashing", "word-hash"])
def embedder(request):
    return find("embedder", request.param)("")


def test_it_has_length_one_and_the_same_task_the_same(tasks, embedder):
    vectors = {name: fingerprint(task, embedder) for name, task in tasks.items()}
    assert all(np.linalg.norm(v) == pytest.approx(1) for v in vectors.values())
    assert similarity(vectors["pairs"], fingerprint(tasks["pairs"], embedder)) == pytest.approx(1)


def test_another_order_of_the_seeds_changes_nothing(tasks, embedder):
    turned = replace(tasks["reviews"], seeds=tasks["reviews"].seeds[::-1])
    assert np.array_equal(fingerprint(turned, embedder), fingerprint(tasks["reviews"], embedder))


def test_a_task_is_nearest_to_its_own_other_half(tasks, embedder):
    halves = {name: [fingerprint(replace(t, seeds=t.seeds[i::2]), embedder) for i in (0, 1)] for name, t in tasks.items()}
    others = {name: half[1] for name, half in halves.items()}
    for name, (first, _) in halves.items():
        found = similarities(first, others)
        assert max(found, key=found.get) == name


def test_a_task_without_seeds_has_one_too(tasks, embedder):
    assert np.linalg.norm(fingerprint(replace(tasks["tickets"], seeds=()), embedder)) == pytest.approx(1)
