"""What is written ahead is there when the process is not: a folder as a killed process leaves it has everything that was sure, once."""

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.errors import LedgerError
from synlearner.records import Draft, Failure, Prompt
from synlearner.store.ahead import Ahead
from synlearner.store.ledger import FILE, Ledger

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
moves = st.lists(st.one_of(st.tuples(st.just("answer"), texts), st.tuples(st.sampled_from(["sure", "flush", "event", "fails"]), st.just(""))), max_size=20)


def as_killed(folder: Path, to: Path) -> Path:
    """The files of a ledger that nobody closed."""
    to.mkdir()
    for file in folder.glob(f"{FILE}*"):
        shutil.copy(file, to / file.name)
    return to


def mine(folder: Path) -> Ahead:
    ahead = Ahead.beside(folder / FILE)
    assert ahead is not None
    return ahead


def keep(ledger: Ledger, name: str) -> None:
    ledger.keep_unit("s", 0, ord(name), [Draft(name, 0, "x", 1, 2)], seconds=0.0, local=False)


@given(moves)
@settings(max_examples=60, deadline=None)
def test_whatever_was_sure_survives_a_kill_once(moves: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "run"
        with Ledger.open(folder) as ledger:
            ledger.open_step("s", task="t", name="n", inputs={})
            kept: list[str] = []
            sure = 0
            for move, text in moves:
                if move == "answer":
                    ledger.keep_unit("s", 0, len(kept), [Draft(str(len(kept)), 0, text, 1, 2)], seconds=0.0, local=False)
                    kept.append(text)
                elif move == "event":
                    ledger.event("note")
                elif move == "fails":
                    with pytest.raises(RuntimeError), ledger.journal.transaction():
                        raise RuntimeError
                else:
                    getattr(ledger.journal, move)()
                sure = len(kept) if move in {"sure", "flush", "event"} else sure
            left = as_killed(folder, Path(place) / "left")
        for _ in range(2):
            with Ledger.open(left) as found:
                answers = {int(i): a.text for i, a in found.answers("s", 0).items() if isinstance(a, Draft)}
                assert [answers[i] for i in range(sure)] == kept[:sure]
                assert answers == dict(enumerate(kept[: len(answers)]))
                assert found.spent()["requests"] == len(answers)
            assert {f.name for f in left.iterdir()} == {FILE}


def test_a_line_that_was_cut_off_is_nothing_and_takes_no_other_with_it(tmp_path: Path) -> None:
    ahead = mine(tmp_path)
    for number in range(2):
        ahead.note([("answer", [("s", str(number), 0)]), ("unit", [("s", 0, number)])])
        ahead.write()
    file = tmp_path / f"{FILE}-ahead0"
    whole = file.read_bytes()
    for cut in range(len(whole) + 1):
        file.write_bytes(whole[:cut] + b"\n" + whole)
        found = [(kind, row[1 if kind == "answer" else 2]) for kind, rows in ahead.left() for row in rows]
        assert found[-4:] == [("answer", "0"), ("unit", 0), ("answer", "1"), ("unit", 1)]
        assert len(found) % 2 == 0  # what belongs together is there together
    ahead.close(keep=False)


def test_they_belong_to_one_ledger_and_another_one_takes_nothing_away(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "run") as ledger:
        ledger.open_step("s", task="t", name="n", inputs={})
        keep(ledger, "a")
        ledger.journal.sure()
        with Ledger.open(tmp_path / "run") as other:
            other.event("note")
            assert other.answers("s", 0) == {}
        keep(ledger, "b")
        ledger.journal.sure()
        left = as_killed(tmp_path / "run", tmp_path / "left")
    with Ledger.open(left) as found:
        assert set(found.answers("s", 0)) == {"a", "b"}


def test_whoever_reads_a_run_that_died_sees_what_it_had_written_ahead(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "run") as ledger:
        ledger.open_step("s", task="t", name="n", inputs={})
        keep(ledger, "a")
        ledger.journal.sure()
        left = as_killed(tmp_path / "run", tmp_path / "left")
    with Ledger.open(left, read_only=True) as found:
        assert set(found.answers("s", 0)) == {"a"}


def test_what_cannot_be_written_at_the_end_is_there_at_the_next_beginning(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path)
    ledger.open_step("s", task="t", name="n", inputs={})
    ledger.journal.db.execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        keep(ledger, "a")
        with pytest.raises(LedgerError, match="could not be written"):
            ledger.close()
    with Ledger.open(tmp_path) as found:
        assert set(found.answers("s", 0)) == {"a"}


def test_answers_that_no_file_could_hold_are_kept_as_far_as_they_can_be(tmp_path: Path) -> None:
    with Ledger.open(tmp_path) as ledger:
        ledger.open_step("s", task="t", name="n", inputs={})
        ledger.keep_unit("s", 0, 0, [Draft("a", 0, "x", 10**30, -1), Failure("b", 0, "half: \ud800")], seconds=0.0, local=False)
        assert ledger.answers("s", 0) == {"a": Draft("a", 0, "x", None, None), "b": Failure("b", 0, "half: ?")}


def test_prompts_with_half_characters_are_written_ahead_too(tmp_path: Path) -> None:
    prompt = Prompt("p", "t", "n", 0, "a", {}, (), "system", "half a pair: \ud800", 1)
    with Ledger.open(tmp_path / "run") as ledger:
        ledger.open_step("s", task="t", name="n", inputs={})
        ledger.add_prompts("s", [prompt])
        ledger.journal.sure()
        left = as_killed(tmp_path / "run", tmp_path / "left")
    with Ledger.open(left) as found:
        assert found.prompts("s") == [prompt]
        assert found.prompt("s", "p") == prompt
        with pytest.raises(KeyError):
            found.prompt("s", "q")


def test_rows_of_an_unknown_kind_are_refused_and_stay(tmp_path: Path) -> None:
    ahead = mine(tmp_path)
    ahead.note([("verse", [(1,)])])
    ahead.close(keep=True)
    for _ in range(2):
        with pytest.raises(LedgerError, match="newer version"):
            Ledger.open(tmp_path)
