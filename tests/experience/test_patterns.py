"""The plan `learned`: labels stay balanced, values that paid come more often, and everything is the same for the same seed and memory."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synlearner.experience.patterns import FOREIGN, Evidence, Learned, gather, worth
from synlearner.generate.plans import balanced, design
from synlearner.records import Episode, Pattern
from synlearner.registry import find
from synlearner.seeding import rng
from synlearner.stream.kinds import CLASSIFICATION
from synlearner.stream.specs import Data, Source, TaskSpec
from synlearner.stream.tasks import Task

TONES, TOPICS = ("calm", "angry", "tired", "amused"), ("billing", "delivery", "setup")
SPEC = TaskSpec(
    name="mail",
    kind="classification",
    instruction="Write a mail.",
    labels={"praise": "", "complaint": ""},
    attributes={"tone": TONES, "topic": TOPICS},
    label_attributes={"complaint": {"fault": ("broken", "late")}},
    data=Data(gold=Source(path="gold.jsonl")),
)
TASK = Task(SPEC, CLASSIFICATION, ())
LABELS = ["praise", "complaint"] * 100


def episodes(chance, n: int = 600, task: str = TASK.key, reward=lambda _: {}, seed: int = 0) -> list[Episode]:
    """Episodes of a uniform plan in which a row is accepted with the chance of its values."""
    draws, found = rng(seed, "episodes"), []
    for i, a in enumerate(design(TASK, n, plan="uniform", seed=seed)):
        good = draws.random() < chance(a.label, a.attributes)
        found.append(Episode(task, "run", "step", f"p{i}", Pattern(a.label, a.attributes), good, "" if good else "label", reward(a.attributes)))
    return found


def plan(evidence: Evidence, explore: float = 0.0, seed: int = 1) -> list:
    return Learned(evidence, explore)(TASK, LABELS, seed=seed)


def share(made: list, dimension: str, value: str) -> float:
    asked = [a.attributes[dimension] for a in made if dimension in a.attributes]
    return asked.count(value) / len(asked)


def test_without_a_memory_it_is_the_balanced_plan() -> None:
    assert find("plan", "learned")(TASK, LABELS, seed=5) == balanced(TASK, LABELS, seed=5)


@given(st.integers(0, 9), st.floats(0, 1), st.integers(0, 60))
def test_labels_stay_and_only_values_of_the_label_are_chosen(seed: int, explore: float, n: int) -> None:
    made = plan(gather(TASK, episodes(lambda _, a: 0.9 if a["tone"] == "calm" else 0.1, n), {}), explore, seed)
    assert [a.label for a in made] == LABELS
    for a in made:
        assert list(a.attributes) == list(TASK.attributes_of(a.label))
        assert all(v in TASK.attributes_of(a.label)[d] for d, v in a.attributes.items())


def test_values_that_paid_come_more_often_and_a_share_is_left_to_the_balanced_plan() -> None:
    evidence = gather(TASK, episodes(lambda _, a: 0.9 if a["tone"] == "calm" else 0.2), {})
    assert share(plan(evidence), "tone", "calm") > 0.9
    assert 0.25 <= share(plan(evidence, explore=1.0), "tone", "calm") <= 0.26
    kept = Counter(a == b for a, b in zip(plan(evidence, explore=0.5), balanced(TASK, LABELS, seed=1), strict=True))
    assert kept[True] >= 80


def test_what_makes_no_difference_is_asked_for_in_all_its_ways() -> None:
    made = plan(gather(TASK, episodes(lambda _, __: 0.6), {}))
    assert all(share(made, "tone", tone) > 0.03 for tone in TONES)


def test_rewards_decide_where_acceptance_does_not() -> None:
    evidence = gather(TASK, episodes(lambda _, __: 0.7, reward=lambda a: {"quality/length": 0.9 if a["topic"] == "setup" else 0.4}), {})
    assert share(plan(evidence), "topic", "setup") > 0.9


def test_a_pair_that_pays_is_found_where_no_value_pays_alone() -> None:
    def chance(_: str, a) -> float:
        return 0.9 if (a["tone"] in TONES[:2]) == (a["topic"] == "billing") else 0.2

    made = plan(gather(TASK, episodes(chance, 3000), {}))
    assert np.mean([chance(a.label, a.attributes) for a in made]) > 0.75
    assert np.mean([chance(a.label, a.attributes) for a in balanced(TASK, LABELS, seed=1)]) < 0.6


def test_a_label_may_want_what_another_does_not() -> None:
    made = plan(gather(TASK, episodes(lambda label, a: 0.9 if (label == "praise") == (a["tone"] == "calm") else 0.2, 2000), {}))
    for label, wanted in (("praise", True), ("complaint", False)):
        assert np.mean([(a.attributes["tone"] == "calm") == wanted for a in made if a.label == label]) > 0.8


def test_other_tasks_count_as_far_as_they_are_similar_and_never_as_many() -> None:
    foreign = episodes(lambda _, a: 0.9 if a["tone"] == "calm" else 0.1, 2000, task="another")
    assert not gather(TASK, foreign, {"another": 0.0})
    assert not gather(TASK, foreign, {})
    evidence = gather(TASK, foreign, {"another": 0.8})
    assert share(plan(evidence), "tone", "calm") > 0.6
    assert max(t.n for t in (*evidence.cells.values(), *evidence.pairs.values())) <= FOREIGN + 1e-6
    own = episodes(lambda _, a: 0.9 if a["tone"] == "tired" else 0.1, 2000)
    assert share(plan(gather(TASK, [*foreign, *own], {"another": 0.8})), "tone", "tired") > 0.6


def test_the_same_seed_and_memory_give_the_same_plan_in_any_order() -> None:
    known = episodes(lambda _, a: 0.8 if a["tone"] == "calm" else 0.3)
    evidence = gather(TASK, known, {})
    assert gather(TASK, known[::-1], {}).as_json() == evidence.as_json()
    again = Evidence.from_json(evidence.as_json())
    assert plan(again) == plan(Evidence.from_json(again.as_json()))
    assert plan(again, seed=2) != plan(again)


@pytest.mark.parametrize(("rewards", "mean"), [({}, None), ({"a/x": 1.0, "a/y": 0.0, "b": 1.0}, 0.75)])
def test_a_reward_is_the_mean_of_its_families(rewards: dict[str, float], mean: float | None) -> None:
    assert worth(rewards) == mean
