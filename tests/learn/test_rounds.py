"""Closed rounds: how many rows, until when, which data set is given back, and that no student is asked about what it learnt."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synlearner.feedback.contamination import GoldIndex
from synlearner.feedback.filters import Filters
from synlearner.learn.desk import Desk
from synlearner.learn.rounds import Told, best_of, fold_of, lineage, quota_of, rows_of, sizes_of, students_of, why_ended, write_in_rounds
from synlearner.learn.writing import Dataset
from synlearner.records import Row, Unscored
from synlearner.registry import find, register
from synlearner.store.ledger import Ledger
from synlearner.stream.specs import FeedbackSpec, GeneratorSpec, RoundsSpec, RunSpec, SynthesisSpec, TaskSpec
from synlearner.stream.tasks import Task
from synlearner.testing import Recorder, Scripted, WordCount, WordHash

LABELS = ("hot", "cold", "wet")
SEEDS = tuple(Row(f"s{i}", {"text": f"seed about {LABELS[i % 3]} weather number {i} and {['sun', 'snow', 'rain'][i % 3]}"}, LABELS[i % 3]) for i in range(18))


def told(*scores: float | None, rows: int = 10) -> list[Told]:
    return [Told(rows * i, score, 0.0, 100 * i, 2.0 * i) for i, score in enumerate(scores)]


def task(seeds: tuple[Row, ...] = SEEDS) -> Task:
    spec = {"name": "t", "kind": "classification", "instruction": "Sort.", "labels": list(LABELS), "attributes": {"tone": ["dry", "warm"]}, "data": {"gold": {"path": "g"}}}
    return Task(TaskSpec.model_validate(spec), find("kind", "classification"), seeds)


def run_of(rows: int = 30, **rounds) -> RunSpec:
    off = FeedbackSpec(duplicates="off", quality="off", attributes="off")
    return RunSpec(tasks=("t.toml",), feedback=off, synthesis=SynthesisSpec(rows=rows), rounds=RoundsSpec(enabled=True, **{"rounds": 3, "around": 6, **rounds}))


def written(folder: Path, run: RunSpec, of: Task | None = None) -> tuple[Dataset, Ledger]:
    found = of or task()
    ledger = Ledger.open(folder)
    desk = Desk(run, folder, ledger, Scripted(GeneratorSpec(engine="scripted", batch=8)), None, {"classification": WordCount()}, WordCount(), WordHash(), GoldIndex({}), Recorder())
    return write_in_rounds(desk, found, filters=Filters(found, run.feedback, golds={}, archive=(), verifier=None), adapter=None, past={}), ledger


def results(ledger: Ledger, stem: str) -> list[dict]:
    return [dict(s.result) for s in ledger.steps() if s.name.partition(".")[0] == stem]


# ── numbers ─────────────────────────────────────────────────────────────


@given(st.integers(1, 500), st.integers(1, 12), st.integers(0, 90), st.sampled_from(["loss", "random", "static"]))
def test_rounds_never_write_more_than_was_asked_for(total: int, rounds: int, each: int, by: str) -> None:
    spec, have = RoundsSpec(by=by, rounds=rounds, rows=each), 0
    for number in range(1, rounds + 1):
        if have == total:
            break
        rows = rows_of(spec, total, number, have)
        assert 0 < rows <= total - have
        have += rows
    assert have == total or (each and have == rounds * each)


@given(st.integers(1, 60), st.lists(st.sampled_from(LABELS), min_size=1, max_size=20), st.booleans())
def test_a_round_asks_for_its_rows(rows: int, labels: list[str], balanced: bool) -> None:
    chosen = [Row(str(i), {"text": "x"}, label) for i, label in enumerate(labels)]
    quota = quota_of(task(), RoundsSpec(balanced=balanced), chosen, rows, seed=1)
    assert sum(quota.values()) == rows
    assert balanced or set(quota) <= set(labels)


@pytest.mark.parametrize(
    ("spec", "so_far", "words"),
    [
        ({}, told(0.1), ""),
        ({}, told(0.1, 0.2, 0.3), ""),
        ({"rounds": 2}, told(0.1, 0.2, 0.3), "all 2 rounds are done"),
        ({}, [*told(0.1, 0.2), Told(30, 0.3, 0.0, 0, 0.0)], "all 30 rows are written"),
        ({}, [*told(0.1, 0.2), Told(10, 0.2, 0.0, 0, 0.0)], "the last round kept no row"),
        ({"tokens": 150}, told(0.1, 0.2, 0.3, rows=5), "200 of 150 tokens are spent"),
        ({"seconds": 4}, told(0.1, 0.2, 0.3, rows=5), "4 of 4 seconds are spent"),
        ({"rounds": 9}, told(0.1, 0.5, 0.4, 0.3, rows=5), "2 rounds brought no better development score"),
        ({"rounds": 9, "plateau": 0}, told(0.1, 0.5, 0.4, 0.3, rows=5), ""),
        ({"rounds": 9}, told(None, None, None, None, rows=5), ""),
    ],
)
def test_rounds_end_for_a_reason(spec: dict, so_far: list[Told], words: str) -> None:
    assert why_ended(RoundsSpec(**spec), so_far, 30) == words


def test_the_best_round_is_given_back_of_equal_ones_the_later() -> None:
    assert best_of(told(0.9, 0.5, 0.7, 0.6)) == 2  # the seeds alone are no data set
    assert best_of(told(0.1, 0.5, 0.5, 0.2)) == 2
    assert best_of(told(None, None, None)) == 2
    assert best_of(told(0.3)) == 0


# ── students ────────────────────────────────────────────────────────────


@given(st.integers(2, 8), st.integers(0, 5))
def test_every_label_is_in_as_many_folds_as_it_has_rows(folds: int, seed: int) -> None:
    found = fold_of(task(), folds, seed)
    assert found.keys() == {r.id for r in SEEDS}
    for label in LABELS:
        assert len({found[r.id] for r in SEEDS if r.label == label}) == min(folds, 6)


def test_no_student_is_asked_about_what_it_learnt(tmp_path: Path) -> None:
    run = run_of()
    data, ledger = written(tmp_path, run)
    desk = Desk(run, tmp_path, ledger, Scripted(), None, {"classification": WordCount()}, WordCount(), WordHash(), GoldIndex({}), Recorder())
    stems = lineage(task(), data, run.rounds.folds, run.seed)
    students = students_of(desk, task(), data)
    rows = students.rows
    for student, places in students.asked(rows, False):
        for place in places:
            folds = [fold for fold, (fitted, _) in students.folds.items() if fitted is student]
            assert folds and folds[0] in stems[rows[place].id]
    for sample in data.samples:
        assert stems[sample.row.id] >= frozenset().union(*(stems[e] for e in data.prompts[sample.prompt_id].examples))
    ledger.close()


# ── whole rounds ────────────────────────────────────────────────────────


@pytest.mark.parametrize("by", ["loss", "entropy", "wrong-answer", "coverage", "diversity", "representative", "random", "all"])
def test_rows_are_written_around_the_chosen_ones(tmp_path: Path, by: str) -> None:
    data, ledger = written(tmp_path, run_of(by=by, plateau=0))
    chosen = {c["id"]: c for found in results(ledger, "choose") for c in found["chosen"]}
    assert chosen
    for prompt in data.prompts.values():
        assert chosen[prompt.examples[-1]]["label"] == prompt.label
    assert len(data.samples) + len(data.rest) == data.ends[-1] <= 30
    for found in results(ledger, "choose"):
        assert len(found["chosen"]) == len({c["id"] for c in found["chosen"]})
        assert len(found["chosen"]) <= found["wanted"]
        assert all(c["fields"] and c["criterion"] and c["how"] for c in found["chosen"])
    [end] = results(ledger, "rounds")
    assert end["done"] == 3
    assert end["rows"] == len(data.samples)
    assert [r["rows"] for r in results(ledger, "round")] == [0, *data.ends]
    ledger.close()


def test_every_row_has_its_turn(tmp_path: Path) -> None:
    data, ledger = written(tmp_path, run_of(by="all", candidates="seeds", plateau=0))
    used = Counter(p.examples[-1] for p in data.prompts.values())
    assert used.keys() == {r.id for r in SEEDS}
    for label in LABELS:
        counts = [used[r.id] for r in SEEDS if r.label == label]
        assert max(counts) - min(counts) <= 1
    ledger.close()


def test_later_rounds_are_left_out_where_an_earlier_one_was_better(tmp_path: Path) -> None:
    data, ledger = written(tmp_path, run_of(plateau=0, rows=60, rounds=6))
    scores = [r["dev"]["score"] for r in results(ledger, "round")]
    best = max(range(1, len(scores)), key=lambda i: (scores[i], i))
    assert len(data.samples) == data.ends[best - 1]
    [end] = results(ledger, "rounds")
    assert end["best"] == best
    assert ("left out" in end["why"]) == bool(data.rest)
    ledger.close()


def test_all_at_once_is_measured_where_rounds_would_have_been(tmp_path: Path) -> None:
    run = run_of(by="static")
    data, ledger = written(tmp_path, run)
    assert results(ledger, "choose") == []
    assert len(data.samples) == 30
    assert sizes_of(run, data) == [0, 10, 20, 30]
    assert results(ledger, "round")[-1]["dev"] is None
    ledger.close()


def test_without_seeds_there_is_no_score_and_the_first_round_is_around_nothing(tmp_path: Path) -> None:
    data, ledger = written(tmp_path, run_of(by="loss"), task(()))
    assert len(data.samples) == 30
    assert [found["round"] for found in results(ledger, "choose")] == [2, 3]
    assert all(r["dev"] is None for r in results(ledger, "round"))
    assert "no development score" in results(ledger, "rounds")[0]["why"]
    ledger.close()


def test_what_cannot_be_measured_is_left_to_chance_and_said(tmp_path: Path) -> None:
    @register("acquisition", "mute")
    class Mute:
        name = identity = "mute"
        level, bounds = "sample", None

        def __init__(self, means) -> None: ...

        def score(self, rows, _student):
            return [Unscored("mute", "says nothing") for _ in rows]

    _, ledger = written(tmp_path, run_of(by="mute", random=0.0))
    for found in results(ledger, "choose"):
        assert found["unscored"] == {"says nothing": found["candidates"]}
        assert {c["how"] for c in found["chosen"]} == {"random"}
    ledger.close()


def test_the_same_rounds_choose_and_write_the_same(tmp_path: Path) -> None:
    first, one = written(tmp_path / "a", run_of(by="representative"))
    second, other = written(tmp_path / "b", run_of(by="representative"))
    assert [s.row for s in first.samples] == [s.row for s in second.samples]
    assert results(one, "choose") == results(other, "choose")
    again, same = written(tmp_path / "a", run_of(by="representative"))
    assert [s.row for s in again.samples] == [s.row for s in first.samples]
    for ledger in (one, other, same):
        ledger.close()
