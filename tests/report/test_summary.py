"""The summary says what the ledger holds, at any moment of a run, and what it does not know is null."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synlearner.errors import LedgerError
from synlearner.evaluate.continual import average, backward_transfer, forgetting, zero_shot_forward
from synlearner.report import schema
from synlearner.report.schema import Counts, Matrix, MatrixRow, Score, Summary
from synlearner.report.summary import planned_cells, summarise, transfer, write_summary
from synlearner.report.words import headline
from synlearner.report.writing import write_all
from synlearner.store.ledger import Ledger
from tests.report.fabricated import MATRIX, SETTINGS, TASKS, Maker, described, fabricate


@pytest.fixture
def finished(a_run) -> Path:
    return a_run("finished")


@pytest.fixture
def stopped(a_run) -> Path:
    return a_run("stopped")


def every_count(summary: Summary) -> list[Counts]:
    return [c for t in summary.tasks for c in (t.explore, t.synthesis) if c] + ([summary.matrix.counts] if summary.matrix.counts else [])


def test_a_finished_run_is_told_in_full(finished):
    s = summarise(finished)
    assert (s.state, s.missing, s.open_steps, s.seed) == ("finished", [], [], 7)
    assert [t.name for t in s.tasks] == [t[0] for t in TASKS]
    assert {t.state for t in s.tasks} == {"finished"}
    assert s.tasks[1].pgr == pytest.approx(100 * 0.026 / 0.19)
    assert s.tasks[0].scores.real is None
    assert s.tasks[0].pgr is None
    assert s.tasks[0].synthesis.steps == 2
    assert s.cost.peak_memory_mb == 1421.3
    assert [r.after for r in s.matrix.rows] == ["before", *(f"after {t[0]}" for t in TASKS)]


def test_planned_is_kept_and_rejected_and_failed(finished, stopped):
    for s in (summarise(finished), summarise(stopped)):
        assert every_count(s)
        assert all(c.planned == c.kept + c.dropped + c.failed for c in every_count(s))


def test_transfer_is_that_of_evaluate(finished):
    found = summarise(finished).transfer
    rows = [MATRIX[i] for i in range(4)]
    assert found.average.value == average(rows)
    assert found.backward_transfer.value == backward_transfer(rows)
    assert found.forgetting.value == forgetting(rows)
    assert found.zero_shot_forward.value == zero_shot_forward(rows, MATRIX[-1])


def test_transfer_has_intervals_that_hold_its_numbers(finished):
    found = summarise(finished).transfer
    for name in ("average", "backward_transfer", "forgetting", "zero_shot_forward"):
        q = getattr(found, name)
        assert q.interval.low <= q.value <= q.interval.high
        assert (q.interval.mean, q.interval.level, q.remark) == (q.value, 0.95, "")
    assert found.average.interval.n == 480
    assert summarise(finished).transfer == found
    assert summarise(finished).tasks[1].pgr_interval.low == pytest.approx(4.5)


def test_a_folder_whose_cells_kept_no_answers_has_numbers_and_says_why_no_interval(a_run):
    s = summarise(a_run("bare"))
    assert s.transfer.average.value is not None
    assert s.transfer.average.interval is None
    assert s.transfer.average.remark.startswith("no interval")
    assert s.tasks[1].pgr is not None
    assert s.tasks[1].pgr_interval is None
    assert "have no interval" in headline(s).distrust[-1]
    page = (a_run("bare") / "report.html").read_text(encoding="utf-8")
    assert "(no interval)" in page
    assert "No interval: the run did not record which gold rows were right." in page
    assert "14 % (no interval) of the gap to real recovered" in page


def test_an_interrupted_run_is_told_as_far_as_it_went(stopped):
    s = summarise(stopped)
    assert s.state == "unfinished"
    assert [t.state for t in s.tasks] == ["finished", "finished", "unfinished", "waiting"]
    assert [(o.task, o.name, o.prompts, o.answered) for o in s.open_steps] == [("questions", "synthesis.0", 24, 12)]
    assert s.tasks[2].synthesis is None
    assert s.tasks[2].scores is None
    assert s.transfer.average.value is None
    assert "after pairs" in s.transfer.average.reason
    assert s.budget == "50,112 of 50,000 tokens"
    assert headline(s).answer.startswith("So far, synthetic data helped")


def test_a_run_that_has_just_begun_can_be_reported(a_run):
    s = summarise(a_run("first"))
    assert {t.state for t in s.tasks} == {"waiting"}
    assert s.matrix.rows == []
    assert s.cost.seconds is None
    assert headline(s).answer == "No task has been scored yet, so nothing can be said about the data."


def test_a_task_of_which_only_its_fingerprint_and_what_measures_before_the_stream_are_there_has_not_begun(tmp_path):
    with Ledger.open(tmp_path) as ledger:
        ledger.begin("key", {"run": SETTINGS, "tasks": [described(t) for t in TASKS], "file": ""}, resume="never", versions={})
        maker = Maker(ledger)
        for name in ("fingerprint", "memory.cell.-1.1"):
            maker.step("reviews", name, {})
        maker.tune("tickets", 0)
        for task in TASKS[2:]:
            maker.write(task, "cell.-1.0.0", 4)
    assert [t.state for t in summarise(tmp_path).tasks] == ["unfinished", "waiting", "waiting", "waiting"]


def test_a_finished_task_list_with_a_missing_cell_is_unfinished(tmp_path):
    fabricate(tmp_path / "a", tasks=TASKS[:1])
    assert summarise(tmp_path / "a").state == "finished"
    with Ledger.open(tmp_path / "b") as ledger:
        ledger.begin("key", {"run": SETTINGS, "tasks": [described(TASKS[0])], "file": ""}, resume="never", versions={})
        maker = Maker(ledger)
        maker.write(TASKS[0], "synthesis.0", 30)
        maker.dataset(TASKS[0], tmp_path / "b")
        maker.evaluate(TASKS[0], real=False)
    assert summarise(tmp_path / "b").missing == ["matrix: 2 cells"]


def test_a_cell_without_rows_is_done_and_has_no_score(tmp_path):
    with Ledger.open(tmp_path) as ledger:
        ledger.begin("key", {"run": SETTINGS, "tasks": [described(TASKS[0])], "file": ""}, resume="never", versions={})
        for i in (-1, 0):
            Maker(ledger).step("tickets", f"cell.{i}.0", {"i": i, "j": 0, "score": None, "rows": 0})
    s = summarise(tmp_path)
    assert [row.cells for row in s.matrix.rows] == [[None], [None]]
    assert s.missing == ["tickets: not begun"]
    assert s.transfer.average.value is None


def test_a_killed_session_is_counted(tmp_path):
    fabricate(tmp_path)
    with Ledger.open(tmp_path) as ledger:
        ledger.begin("key", {}, resume="always", versions={})
    s = summarise(tmp_path)
    assert (s.cost.sessions, s.cost.sessions_measured) == (2, 1)


def test_summary_json_is_the_schema(finished):
    written = write_summary(finished)
    text = (finished / "summary.json").read_text(encoding="utf-8")
    assert Summary.model_validate_json(text) == written
    assert json.loads(text)["version"] == schema.VERSION
    assert list(finished.glob("*.part")) == []


def test_every_field_is_documented():
    parts = [m for m in vars(schema).values() if isinstance(m, type) and issubclass(m, schema.Part) and m is not schema.Part]
    assert [f"{m.__name__}.{n}" for m in parts for n, f in m.model_fields.items() if not f.description] == []
    page = (Path(__file__).parents[2] / "docs" / "report.md").read_text(encoding="utf-8")
    assert [f"{m.__name__}.{n}" for m in parts for n, f in m.model_fields.items() if f"| `{n}` | {f.description} |" not in page] == []


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(LedgerError, match="holds no run"):
        summarise(tmp_path)
    Ledger.open(tmp_path).close()
    with pytest.raises(LedgerError, match="holds no run"):
        summarise(tmp_path)


def test_the_resolved_settings_are_written_and_read_again(finished):
    import tomllib

    write_all(finished)
    assert tomllib.loads((finished / "run.toml").read_text(encoding="utf-8")) == SETTINGS


@pytest.mark.parametrize(("matrix", "cells"), [("none", 0), ("lower", 6), ("upper-one", 3 + 2 + 3 + 3), ("full", 12)])
def test_the_planned_cells_are_those_of_the_loop(matrix, cells):
    from synlearner.loop import cells as of_loop

    wanted = planned_cells(matrix, 3)
    assert len(wanted) == cells
    assert {c for c in wanted if c[0] >= 0} == {(i, j) for i in range(3) for j in of_loop(matrix, i, 3)}


@given(st.lists(st.lists(st.none() | st.floats(0, 1), min_size=3, max_size=3), min_size=4, max_size=4))
def test_a_transfer_number_has_a_value_or_a_reason(values):
    cells = [[Score(mean=v, low=v, high=v, level=0.95, n=9) if v is not None else None for v in row] for row in values]
    rows = [MatrixRow(after=str(i), i=i - 1, cells=row) for i, row in enumerate(cells)]
    found = transfer(Matrix(tasks=["a", "b", "c"], rows=rows, counts=None))
    assert found.average.value == average(values[1:])
    assert found.forgetting.value == forgetting(values[1:])
    assert found.zero_shot_forward.value == zero_shot_forward(values[1:], values[0])
    for q in (found.average, found.backward_transfer, found.forgetting, found.zero_shot_forward):
        assert (q.value is None) == bool(q.reason)
        assert q.reason != "not measured: "


def test_the_headline_says_what_the_intervals_say(finished):
    said = headline(summarise(finished))
    assert said.answer == "Synthetic data helped on 3 of the 4 scored tasks: tickets, reviews and questions."
    assert any("+12.1 (+8.6 to +15.6)" in d for d in said.details)
    assert any(re.search(r"lost 2\.7 points", d) for d in said.details)
    assert any("pairs (accuracy 0.41" in d for d in said.distrust)
    assert headline(moved(finished, -0.2)).answer == "Synthetic data helped on none of the 4 scored tasks and did harm on tickets, reviews, questions and pairs."
    assert headline(moved(finished, 0.1)).answer == "Synthetic data helped on all 4 scored tasks."
    flat = [t.model_copy(update={"gain": summarise(finished).tasks[3].gain}) for t in summarise(finished).tasks]
    assert headline(summarise(finished).model_copy(update={"tasks": flat})).answer == "No effect of synthetic data can be told from chance on the 4 scored tasks."


def moved(folder: Path, by: float) -> Summary:
    """The summary with all gains shifted."""
    s = summarise(folder)
    gains = [t.gain.model_copy(update={k: getattr(t.gain, k) + by for k in ("mean", "low", "high")}) for t in s.tasks]
    return s.model_copy(update={"tasks": [t.model_copy(update={"gain": g}) for t, g in zip(s.tasks, gains, strict=True)]})
