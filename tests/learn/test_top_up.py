"""Filling a data set up: what is missing is asked for, label by label, and nothing else."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synlearner.feedback.contamination import GoldIndex
from synlearner.feedback.filters import Filters
from synlearner.learn.desk import Desk
from synlearner.learn.writing import Dataset, top_up, write_rows
from synlearner.records import Draft, Failure, Row, Turn
from synlearner.registry import find
from synlearner.store.ledger import Ledger
from synlearner.stream.specs import FeedbackSpec, RunSpec, TaskSpec
from synlearner.stream.tasks import Task
from synlearner.testing import Recorder, Scripted, WordCount, WordHash

counts = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 60), min_size=1)


@given(counts, counts, st.integers(1, 200))
def test_no_label_gets_more_than_it_asks_for_and_little_asked_is_all_given(missing: dict[str, int], spent: dict[str, int], most: int) -> None:
    had = {label: n // 2 for label, n in spent.items()}
    found, free = top_up(missing, had, spent, most), top_up(missing, had, spent, 10**9)
    assert set(found) <= set(missing) == set(free)
    assert all(n <= free[label] for label, n in found.items())
    assert sum(found.values()) == min(most, sum(free.values()))
    short = [label for label in missing if found.get(label, 0) < free[label]]
    if short:
        least = min(found.get(label, 0) for label in short)
        assert all(found.get(label, 0) in (least, least + 1) for label in short)
        assert all(free[label] <= least + 1 for label in missing if label not in short)


def test_what_was_refused_is_asked_for_again_at_the_acceptance_seen() -> None:
    assert top_up({"a": 30, "b": 20}, {}, {}, 100) == {"a": 30, "b": 20}
    assert top_up({"a": 10}, {"a": 20, "b": 30}, {"a": 40, "b": 30}, 100) == {"a": 19}
    assert top_up({"a": 40}, {"b": 40}, {"a": 40, "b": 40}, 300) == {"a": 200}


class Fails(Scripted):
    """Fails on some labels: always, or the first time that it is asked for them."""

    def __init__(self, always: tuple[str, ...] = (), first: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.always, self.first, self.asked = always, set(first), Counter()

    def _or_fail(self, turn: Turn, answer: Draft | Failure) -> Draft | Failure:
        label = turn.prompt.label
        self.asked[label] += 1
        if label in self.always or label in self.first:
            self.first.discard(label)
            return Failure(turn.prompt.id, turn.number, "no")
        return answer

    def write(self, units):
        for number, answers in super().write(units):
            yield number, [self._or_fail(t, a) for t, a in zip(units[number], answers, strict=True)]


def written(folder: Path, labels: int, rows: int, generator: Fails) -> Dataset:
    names = [f"l{i}" for i in range(labels)]
    spec = {"name": "t", "kind": "classification", "instruction": "Sort.", "labels": names, "attributes": {"tone": ["dry", "warm"]}, "data": {"gold": {"path": "g"}}}
    task = Task(TaskSpec.model_validate(spec), find("kind", "classification"), (Row("s0", {"text": "something old"}, "l0"),))
    run = RunSpec(tasks=("t.toml",), feedback=FeedbackSpec(duplicates="off", quality="off", attributes="off"))
    filters = Filters(task, run.feedback, golds={}, archive=(), verifier=None)
    with Ledger.open(folder) as ledger:
        desk = Desk(run, folder, ledger, generator, None, WordCount(), WordCount(), WordHash(), GoldIndex({}), Recorder())
        return write_rows(desk, task, rows, step="synthesis", generator=generator, filters=filters)


def per_label(data: Dataset) -> Counter[str]:
    return Counter(s.row.label for s in data.samples)


def test_every_label_has_its_share_also_after_topping_up(tmp_path: Path) -> None:
    refused = tuple(f"l{i}" for i in range(6))
    generator = Fails(first=refused)
    data = written(tmp_path, 150, 150, generator)
    assert per_label(data) == Counter([f"l{i}" for i in range(150)])
    assert {label for label, n in generator.asked.items() if n > 1} == set(refused)


@pytest.mark.parametrize("rows", [40, 43])
def test_a_label_that_cannot_be_written_leaves_the_data_set_short(tmp_path: Path, rows: int) -> None:
    generator = Fails(always=("l1",))
    data = written(tmp_path, 4, rows, generator)
    found = per_label(data)
    assert found["l1"] == 0
    assert all(found[label] in (rows // 4, rows // 4 + 1) for label in ("l0", "l2", "l3"))
    assert len(data.samples) < rows == data.wanted
    assert generator.asked.total() == 2 * rows
