"""Verdicts: written at once, never changed, the latest counts, undo is a newer one, and they travel without loss."""

import json
import shutil
import sqlite3
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.errors import LedgerError, SpecError
from synlearner.records import Verdict
from synlearner.store.ledger import FILE, Ledger
from synlearner.store.reading import Reading
from synlearner.store.verdicts import Verdicts, all_verdicts, export_verdicts, import_verdicts, now
from tests.report.fabricated import fabricate

PEOPLE = count()


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Path:
    """A run that examples share; each signs with a name of its own."""
    return fabricate(tmp_path_factory.mktemp("shared"))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    return fabricate(tmp_path_factory.mktemp("made"))


@pytest.fixture
def run(made, tmp_path) -> Path:
    """A run of one's own, without verdicts."""
    return shutil.copytree(made, tmp_path / "run")


def verdict(folder: Path, row: int, judgement: str = "accept", who: str = "anna", label: str = "", **more: object) -> Verdict:
    with Reading.open(folder) as reading:
        line = reading.lines([row])[0]
    return Verdict(line.step, line.prompt, judgement, who, now(), label, **more)


def current(folder: Path, who: str) -> dict[int, str]:
    """What a person says of each row."""
    with Reading.open(folder) as reading:
        return {line.id: line.judgements[who] for line in reading.lines(range(1, 30)) if who in line.judgements}


ACTS = st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["accept", "reject", "undo"])), max_size=12)


@settings(max_examples=25)
@given(ACTS)
def test_the_latest_counts_and_undo_takes_back_one_after_the_other(shared, acts):
    who, done = f"person {next(PEOPLE)}", []
    with Verdicts.open(shared) as pen:
        for row, act in acts:
            if act == "undo":
                assert (pen.undo(who, now()) is None) == (not done)
                done = done[:-1]
            else:
                pen.add(verdict(shared, row, act, who))
                done.append((row, act))
            assert current(shared, who) == dict(done)


def test_nothing_is_ever_changed_or_removed(run):
    with Verdicts.open(run) as pen:
        pen.add(verdict(run, 1))
        pen.undo("anna", now())
    assert [v.judgement for v in all_verdicts(run)] == ["accept", "none"]
    with sqlite3.connect(run / FILE) as db:
        for change in ("UPDATE verdict SET judgement = 'reject'", "DELETE FROM verdict", "DELETE FROM reading"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                db.execute(change)
    db.close()


@pytest.mark.parametrize("write", ["INSERT INTO event (at, kind, body) VALUES ('', '', '')", "DELETE FROM verdict", "DROP TABLE verdict", "PRAGMA user_version = 9"])
def test_the_pen_can_write_verdicts_and_nothing_else(shared, write):
    with Verdicts.open(shared) as pen, pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        pen._db.execute(write)


def test_verdicts_are_written_while_the_run_goes_on(run):
    with Ledger.open(run) as ledger, Verdicts.open(run) as pen:
        ledger.open_step("new", task="tickets", name="explore", inputs={})
        pen.add(verdict(run, 1))
        ledger.close_step("new", {}, seconds=0.0)
        assert current(run, "anna") == {1: "accept"}


def test_a_clock_that_was_set_back_does_not_make_an_old_verdict_count(run):
    first = Verdict(**{**vars_of(verdict(run, 1)), "at": "2099-01-01T00:00:00.000+00:00"})
    with Verdicts.open(run) as pen:
        pen.add(first)
        assert pen.add(verdict(run, 1, "reject")).at == first.at
    assert current(run, "anna") == {1: "reject"}


def vars_of(v: Verdict) -> dict:
    return {name: getattr(v, name) for name in Verdict.__dataclass_fields__}


@pytest.mark.parametrize(("judgement", "label"), [("accept", "x"), ("relabel", ""), ("perhaps", "")])
def test_a_verdict_that_says_nothing_clear_is_none(judgement, label):
    with pytest.raises(ValueError, match="no verdict"):
        Verdict("s", "p", judgement, "anna", now(), label)


def test_drawn_rows_stay_drawn_and_people_are_averaged(run):
    with Reading.open(run) as reading:
        (task, label), rows = next(iter(reading.population("reviews").items()))
        drawn, other = rows[0][0], rows[1][0]
    with Verdicts.open(run) as pen:
        pen.add(verdict(run, drawn, drawn=True))
        assert pen.add(verdict(run, drawn, "reject", "ben")).drawn
        pen.add(verdict(run, other))
    with Reading.open(run) as reading:
        [(*found, attributes)] = reading.people()
        assert found == [task, label, rows[0][1], 0.5]
        assert set(attributes) == {"tone", "length"}
        assert reading.judged() == {"accept": 2, "reject": 1}


# ── from folder to folder ───────────────────────────────────────────────


def test_verdicts_travel_without_loss_and_twice_is_once(run, tmp_path):
    copy = shutil.copytree(run, tmp_path / "copy")
    with Verdicts.open(run) as pen:
        pen.add(verdict(run, 1, "relabel", label="ärger \u2028 'x'", note="two\nlines \x00", drawn=True))
        pen.add(verdict(run, 2, "reject", "ben"))
        pen.undo("ben", now())
    assert export_verdicts(run, tmp_path / "v.jsonl") == 3
    assert (import_verdicts(copy, tmp_path / "v.jsonl"), import_verdicts(copy, tmp_path / "v.jsonl")) == (3, 0)
    assert all_verdicts(copy) == all_verdicts(run)


def test_copies_that_take_each_other_s_verdicts_agree_on_what_counts(run, tmp_path):
    copy = shutil.copytree(run, tmp_path / "copy")
    for folder, judgement in ((run, "reject"), (copy, "accept")):
        with Verdicts.open(folder) as pen:
            pen.add(verdict(folder, 1, judgement))
        export_verdicts(folder, folder / "v.jsonl")
    assert (import_verdicts(run, copy / "v.jsonl"), import_verdicts(copy, run / "v.jsonl")) == (1, 1)
    assert current(run, "anna") == current(copy, "anna") == {1: "accept"}


GOOD = {"step": "s", "prompt_id": "p", "judgement": "accept", "who": "anna", "at": "2026-01-01T00:00:00+00:00"}


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        json.dumps({**GOOD, "judgement": "maybe"}),
        json.dumps({**GOOD, "at": "2026-01-01"}),
        json.dumps({**GOOD, "drawn": "yes"}),
        json.dumps({**GOOD, "more": "x"}),
        "{}",
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_taken(shared, tmp_path, line):
    before, file = all_verdicts(shared), tmp_path / "v.jsonl"
    good = {**vars_of(verdict(shared, 1)), "who": "never taken"}
    file.write_text(json.dumps(good) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(SpecError) as wrong:
        import_verdicts(shared, file)
    assert wrong.value.line == 2
    assert all_verdicts(shared) == before


def test_a_row_that_the_run_does_not_have_is_refused(shared, tmp_path):
    run = shared
    (tmp_path / "v.jsonl").write_text(json.dumps(GOOD), encoding="utf-8")
    with pytest.raises(LedgerError, match="has no row 'p'"):
        import_verdicts(run, tmp_path / "v.jsonl")
    with pytest.raises(SpecError, match="cannot be read"):
        import_verdicts(run, tmp_path / "not there.jsonl")
    with pytest.raises(LedgerError, match="holds no run"):
        Verdicts.open(tmp_path / "nowhere")
