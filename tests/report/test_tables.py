"""Tables: the same values in CSV, on the page and in the terminal; no cell becomes a formula or drives a terminal."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from synlearner.report.files import csv_text, guarded
from synlearner.report.summary import summarise
from synlearner.report.tables import tables, write_tables
from synlearner.report.terminal import show_summary, terminal_tables
from synlearner.report.writing import write_all
from synlearner.store.ledger import Ledger
from tests.report.fabricated import fabricate


@pytest.fixture
def summary(a_run):
    return summarise(a_run())


def test_every_table_is_written(summary, tmp_path):
    files = write_tables(summary, tmp_path)
    assert {f.stem for f in files} == {
        *(
            "scores",
            "gains",
            "counts",
            "rejections",
            "diversity",
            "labels",
            "judges",
            "matrix",
            "transfer",
            "bias",
            "bias_groups",
            "recalled",
            "lessons",
            "remembered",
            "warm_starts",
            "finetune",
            "reinforce",
            "rewards",
            "rounds",
            "chosen",
            "cost",
            "spending",
        )
    }
    for file in files:
        rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))
        assert tuple(rows[0]) == tables(summary)[file.stem].columns
        assert len(rows) == 1 + len(tables(summary)[file.stem].rows)
        assert {len(r) for r in rows} == {len(rows[0])}


def test_what_was_not_measured_is_an_empty_cell(summary):
    rows = list(csv.DictReader(io.StringIO(csv_text(tables(summary)["scores"].columns, tables(summary)["scores"].rows))))
    real = {r["task"]: r["accuracy"] for r in rows if r["trained on"] == "real"}
    assert real["tickets"] == ""
    assert float(real["reviews"]) == pytest.approx(0.91)


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-x", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "\n=2"])
def test_texts_that_look_like_formulas_get_an_apostrophe(text):
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("cell", [-1, -0.5, None, True, "-1", "+3.5", "a=b", "", "it's", "1-2"])
def test_numbers_and_harmless_texts_stay(cell):
    assert guarded(cell) is cell


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), min_size=1, max_size=4))
def test_csv_without_the_guard_gives_back_every_text(cells):
    assert list(csv.reader(io.StringIO(csv_text(cells, [cells], guard=False), newline=""))) == [cells, cells]


def drawn(summary, width: int = 200) -> str:
    console = Console(file=io.StringIO(), width=width)
    for table in terminal_tables(summary):
        console.print(table)
    return console.file.getvalue()


def test_the_terminal_shows_scores_counts_matrix_and_transfer(summary):
    text = drawn(summary)
    for wanted in ("+12.1", "+8.6 to +15.6", "planned = ", "after questions", "zero-shot forward transfer", "◆"):
        assert wanted in text


def test_transfer_is_shown_with_its_interval(summary, a_run):
    q = summary.transfer.backward_transfer
    shown = f"{100 * q.interval.low:+.1f} to {100 * q.interval.high:+.1f}".replace("-", "−")
    assert shown in drawn(summary)
    assert shown in (a_run() / "report.html").read_text(encoding="utf-8")
    rows = {r[0]: r for r in tables(summary)["transfer"].rows}
    assert rows["backward transfer"][1:5] == (q.value, q.interval.low, q.interval.high, 0.95)
    assert "14 % (4 to 23)" in drawn(summary)
    assert "14 % (no interval)" in drawn(summarise(a_run("bare")))


def test_every_mark_is_listed_with_its_row(tmp_path):
    folder = fabricate(tmp_path)
    write_all(folder)
    listed = list(csv.DictReader(io.StringIO((folder / "tables" / "marks.csv").read_text(encoding="utf-8"), newline="")))
    with Ledger.open(folder, read_only=True) as ledger:
        made = [(s.task, s.name, m.prompt_id, m.detail) for s in ledger.steps() for m in ledger.marks(s.key)]
    assert [(r["task"], r["step"], r["prompt_id"], r["detail"]) for r in listed] == made
    assert {r["dropped"] for r in listed} == {"yes"}
    assert "contamination" in {r["filter"] for r in listed}


def stretched(task, name: str):
    """The task with the widest numbers that there can be, and real rows."""
    score = task.scores.seeds_only.model_copy(update={"mean": 1.0, "low": 0.951, "high": 1.0})
    gain = task.gain.model_copy(update={"mean": -0.123, "low": -0.456, "high": 0.234})
    return task.model_copy(update={"name": name, "scores": task.scores.model_copy(update={"seeds_only": score, "real": score}), "gain": gain, "pgr": -12_345.0})


def test_the_scores_can_be_read_in_eighty_columns(summary):
    names = ["tickets", "reviews-of-the-second-year_all-shops", "q", "pairs"]
    for tasks in (summary.tasks, [stretched(t, n) for t, n in zip(summary.tasks, names, strict=True)]):
        text = drawn(summary.model_copy(update={"tasks": tasks}), 80)
        scores = text.partition("What became")[0]
        assert "…" not in scores
        assert max(map(len, scores.splitlines())) <= 80
        for t in tasks:
            assert t.name[:6] in scores
            assert f"{100 * t.scores.synthetic.low:.1f}–{100 * t.scores.synthetic.high:.1f}" in scores
            assert f"{100 * t.gain.low:+.1f} to {100 * t.gain.high:+.1f}".replace("-", "−") in scores
    assert "−12345 %" in scores


def test_labels_and_reasons_cannot_drive_the_terminal(summary):
    task = summary.tasks[0].model_copy(update={"name": "[red]x\x1b[2J"})
    counts = task.synthesis.model_copy(update={"rejected": {"\x1b]0;own\x07": task.synthesis.dropped}})
    text = drawn(summary.model_copy(update={"tasks": [task.model_copy(update={"synthesis": counts})]}))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[red]x\\x1b[2J" in text


def test_an_unfinished_run_says_so(a_run, capsys):
    show_summary(summarise(a_run("stopped")))
    assert "UNFINISHED" in capsys.readouterr().out
