"""What is written ahead is there when the process is not: a folder as a killed process leaves it has everything that was sure, once."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.errors import LedgerError
from synlearner.records import Draft, Prompt
from synlearner.store.ahead import Ahead
from synlearner.store.ledger import FILE, Ledger

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
moves = st.lists(st.one_of(st.tuples(st.just("answer"), texts), st.tuples(st.sampled_from(["sure", "tend", "flush", "event", "fails"]), st.just(""))), max_size=20)


def as_killed(folder: Path, to: Path) -> Path:
    """The files of a ledger that nobody closed."""
    to.mkdir()
    for file in folder.glob(f"{FILE}*"):
        shutil.copy(file, to / file.name)
    return to


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


def test_a_line_that_was_cut_off_is_no_row_and_takes_no_other_with_it(tmp_path: Path) -> None:
    ahead = Ahead(tmp_path / FILE)
    for number in range(2):
        ahead.note("unit", [("s", 0, number, 0.0, "now")])
        ahead.write()
    ahead.close(keep=True)
    file = next(tmp_path.iterdir())
    whole = file.read_bytes()
    for cut in range(len(whole) + 1):
        file.write_bytes(whole[:cut] + b"\n" + whole)
        found = [row[2] for _, rows in Ahead(tmp_path / FILE).left() for row in rows]
        assert found[-2:] == [0, 1]
        assert set(found) <= {0, 1}


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
    ahead = Ahead(tmp_path / FILE)
    ahead.note("verse", [(1,)])
    ahead.write()
    ahead.close(keep=True)
    for _ in range(2):
        with pytest.raises(LedgerError, match="newer version"):
            Ledger.open(tmp_path)
