"""Rows that a hostile model wrote, and a run folder that a hostile person sent: nothing is executed, anywhere."""

import csv
import io
import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synlearner.errors import LedgerError
from synlearner.records import Draft, Failure, Prompt, Rejection
from synlearner.report.console import trial_text
from synlearner.report.export import export
from synlearner.report.files import csv_text
from synlearner.report.progress import Lines
from synlearner.report.summary import summarise
from synlearner.report.terminal import show_summary
from synlearner.store.ledger import FILE
from tests.report.fabricated import HOSTILE, fabricate

DRIVING = {*map(chr, range(32)), *map(chr, range(127, 160)), *"\u202a\u202b\u202d\u202e\u2066\u2067\u2068"} - {"\n", "\t"}
formulas = st.builds("".join, st.tuples(st.sampled_from(["=", "+", "-", "@", "\t", "\r", "\n", " =", "\u00a0@", "＝", "﹣", "＠", "\ufeff="]), st.text(max_size=20)))


def drives(text: str) -> set[str]:
    return DRIVING & {*text}


@given(st.lists(formulas | st.text(max_size=20), min_size=1, max_size=6))
def test_no_cell_of_a_table_is_a_formula_and_every_text_is_still_there(cells: list[str]) -> None:
    (row,) = csv.reader(io.StringIO(csv_text(cells, []), newline=""))
    assert [cell.removeprefix("'") if cell != original else cell for cell, original in zip(row, cells, strict=True)] == cells
    for cell in row:
        assert cell.strip("\ufeff\u00a0 ")[:1] not in {*"=+-@\t\r\n＝＋－＠﹣"} or float(cell) is not None


@given(st.text(), st.sampled_from(["draft", "rejection", "failure"]))
def test_a_preview_drives_no_terminal(text: str, kind: str) -> None:
    prompt = Prompt("p", "t", "s", 0, text, {text: text}, (), "", text, 0)
    outcome = Rejection("p", "label", text, text) if kind == "rejection" else Failure("p", 0, text)
    assert not drives(trial_text(prompt, Draft("p", 0, text, 1, 1), outcome))


def test_progress_drives_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(0)
    lines.start(HOSTILE, 2)
    lines.watch(lambda done, total: HOSTILE)
    lines.advance()
    lines.say(HOSTILE)
    lines.finish(HOSTILE)
    said = capsys.readouterr().err
    assert said.count("evil") == 6
    assert not drives(said)


def test_a_hostile_run_drives_no_terminal_when_it_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_summary(summarise(fabricate(tmp_path, "hostile")))
    assert not drives(capsys.readouterr().out)


@pytest.mark.parametrize("name", ["../../outside", "/etc/passwd", "a/b", "..", "a\x00b", "con:", ""])
def test_a_task_that_names_another_place_is_not_exported(tmp_path: Path, name: str) -> None:
    run = fabricate(tmp_path / "run", "hostile")
    db = sqlite3.connect(run / FILE)
    spec = json.loads(db.execute("SELECT spec FROM run").fetchone()[0])
    spec["tasks"][0]["name"] = name
    db.execute("DROP TRIGGER run_no_update")
    db.execute("UPDATE run SET spec = ?", (json.dumps(spec),))
    db.commit()
    db.close()
    with pytest.raises(LedgerError, match="which no file can have"):
        export(run, to="jsonl", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
