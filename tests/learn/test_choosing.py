"""Which rows are chosen: as many as were asked for, none twice, by score or by chance as the settings say, label by label."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synlearner.errors import SpecError
from synlearner.feedback.acquisition import Means
from synlearner.learn.choosing import choose, criterion_of, divided, in_turn, quotas_of, refuse, spread
from synlearner.learn.pool import one, rounds_on
from synlearner.records import Chosen, Row, Score, Unscored
from synlearner.registry import find
from synlearner.stream.specs import RoundsSpec, TaskSpec
from synlearner.stream.tasks import Task
from synlearner.testing import WordCount, WordHash

WORDS = {"a": "red round apple", "b": "blue square box", "c": "green long leaf"}
many = st.lists(st.sampled_from("abc"), min_size=1, max_size=40)


def rows_of(labels: list[str]) -> list[Row]:
    return [Row(f"r{i}", {"text": f"{WORDS[label]} number {i}"}, label) for i, label in enumerate(labels)]


def task() -> Task:
    spec = {"name": "t", "kind": "classification", "instruction": "Sort.", "labels": list(WORDS), "data": {"gold": {"path": "g"}}}
    return Task(TaskSpec.model_validate(spec), find("kind", "classification"), ())


class ByNumber:
    """The score is the row's number; every fifth row has none."""

    name = identity = "by-number"
    level, bounds = "sample", None

    def score(self, rows, _student):
        return [Unscored(self.name, "a fifth") if (n := int(r.id[1:])) % 5 == 4 else Score(self.name, float(n)) for r in rows]


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 30), min_size=1), st.integers(0, 100), st.integers(0, 3))
def test_rows_are_shared_out_as_equally_as_there_are_rows(there: dict[str, int], n: int, seed: int) -> None:
    found = spread(there, n, seed=seed)
    assert sum(found.values()) == min(n, sum(there.values()))
    assert all(0 < count <= there[label] for label, count in found.items())
    short = [label for label in there if found.get(label, 0) < there[label]]
    assert all(found.get(label, 0) >= max(found.values(), default=0) - 1 for label in short)


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 30), min_size=1), st.floats(0, 1))
def test_the_share_of_chance_is_one_of_all_rows(quotas: dict[str, int], share: float) -> None:
    found = divided(quotas, share)
    assert {label: n for label, (n, _) in found.items()} == quotas
    assert all(0 <= by_chance <= n for n, by_chance in found.values())
    assert sum(by_chance for _, by_chance in found.values()) == round(sum(quotas.values()) * share)


@given(many, st.integers(1, 50), st.floats(0, 1), st.booleans(), st.sampled_from(["top", "proportional"]), st.integers(0, 3))
def test_the_budget_is_kept_and_no_row_is_chosen_twice(labels: list[str], n: int, random: float, balanced: bool, pick, seed: int) -> None:
    rows = rows_of(labels)
    quotas = quotas_of(task(), rows, n, balanced=balanced, seed=seed)
    choice = choose(ByNumber(), rows, one(None), quotas, pick=pick, random=random, seed=seed)
    places = [c.place for c in choice.chosen]
    assert len(places) == len(set(places)) == sum(quotas.values())
    assert len(places) == min(max(n, len(set(labels)) if balanced else 0), len(rows))
    assert [c.rank for c in choice.chosen] == list(range(1, len(places) + 1))
    assert all(rows[c.place].id == c.id for c in choice.chosen)
    if balanced:
        assert Counter(rows[i].label for i in places) == Counter(quotas)
    assert choice.scored + sum(choice.unscored.values()) == choice.candidates == len(rows)


@given(many, st.integers(1, 20), st.integers(0, 3))
def test_without_chance_the_highest_scores_are_taken(labels: list[str], n: int, seed: int) -> None:
    rows = rows_of(labels)
    choice = choose(ByNumber(), rows, one(None), quotas_of(task(), rows, n, balanced=False, seed=seed), pick="top", random=0.0, seed=seed)
    by_score = [c for c in choice.chosen if c.how == "top"]
    measured = sorted((i for i in range(len(rows)) if i % 5 != 4), reverse=True)
    assert [c.place for c in by_score] == measured[: len(by_score)]
    assert len(by_score) == min(n, len(measured))
    assert all(c.criterion == "random" for c in choice.chosen if c.how == "random")


@given(many, st.integers(1, 20), st.integers(0, 3))
def test_chance_and_everything_score_nothing(labels: list[str], n: int, seed: int) -> None:
    rows = rows_of(labels)
    by_chance = choose(criterion_of("random", Means()), rows, one(None), {"": min(n, len(rows))}, pick="best", random=0.0, seed=seed)
    assert len(by_chance.chosen) == min(n, len(rows))
    assert all(c.score is None and c.how == "random" for c in by_chance.chosen)
    everything = choose(criterion_of("all", Means()), rows, one(None), {"": n}, pick="best", random=0.0, seed=seed)
    assert [c.place for c in everything.chosen] == list(range(len(rows)))


def test_every_row_may_have_a_student_of_its_own() -> None:
    rows = rows_of(["a", "b"] * 6)
    labels = tuple(WORDS)
    knows = {label: WordCount().fit([r for r in rows if r.label != label], labels=labels, seed=0) for label in "ab"}

    def asked(some, together):
        assert not together
        return [(knows[label], [i for i, r in enumerate(some) if r.label == label]) for label in "ab"]

    choice = choose(criterion_of("wrong-answer", Means()), rows, asked, {"": 12}, pick="top", random=0.0, seed=0)
    assert {c.score for c in choice.chosen} == {1.0}


def test_a_set_that_has_nothing_to_gain_is_filled_by_chance() -> None:
    rows = [Row(f"r{i}", {"text": "the same words"}, "a") for i in range(6)]
    choice = choose(criterion_of("coverage", Means(embedder=WordHash())), rows, one(None), {"": 4}, pick="best", random=0.0, seed=0)
    assert [c.how for c in choice.chosen] == ["set", "random", "random", "random"]


def test_parts_take_turns() -> None:
    def of(*ids: str) -> list[Chosen]:
        return [Chosen(i, 0, 9, "loss", None, "top") for i in ids]

    assert [(c.id, c.rank) for c in in_turn([of("a1", "a2", "a3"), of("b1")])] == [("a1", 1), ("b1", 2), ("a2", 3), ("a3", 4)]


def test_a_function_of_single_rows_chooses_no_sets() -> None:
    with pytest.raises(SpecError, match="chooses no sets"):
        refuse(RoundsSpec(enabled=True, by="loss", pick="set"))
    refuse(RoundsSpec(enabled=True, by="badge", pick="set"))
    refuse(RoundsSpec(enabled=False, by="nothing known"))


@given(many, st.integers(1, 6), st.integers(1, 9), st.booleans())
def test_rounds_on_a_pool_take_every_row_once_at_most(labels: list[str], rounds: int, rows: int, balanced: bool) -> None:
    pool = rows_of(labels)
    start = [Row("s", {"text": WORDS["a"]}, "a")]
    turns = list(rounds_on(pool, start, lambda _: criterion_of("entropy", Means()), WordCount(), labels=tuple(WORDS), rounds=rounds, rows=rows, balanced=balanced, seed=0))
    places = [c.place for turn in turns for c in turn.chosen]
    assert len(places) == len(set(places)) == min(len(pool), rounds * rows)
    assert turns[-1].rows == (*start, *(pool[i] for i in places))
    assert all(len(turn.chosen) <= rows for turn in turns)


def test_sets_add_to_what_is_there() -> None:
    pool = rows_of(["a", "b", "c"] * 3)
    seen: list[int] = []

    def made(rows):
        seen.append(len(rows))
        return criterion_of("diversity", Means(embedder=WordHash(), seeds=rows))

    list(rounds_on(pool, pool[:1], made, WordCount(), labels=tuple(WORDS), rounds=2, rows=2, seed=0))
    assert seen == [1, 3]
