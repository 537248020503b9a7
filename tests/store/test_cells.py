"""What was computed once is kept, whatever a killed process left behind."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from synlearner.store.cells import Cells


@settings(max_examples=25)
@given(st.dictionaries(st.text(), st.text(), max_size=8))
def test_what_was_put_is_there_for_the_next_one(tmp_path_factory, kept):
    file = tmp_path_factory.mktemp("cells") / "deep" / "cells.jsonl"
    first = Cells(file)
    assert [first.put(key, value) for key, value in kept.items()] == list(kept.values())
    again = Cells(file)
    assert len(again) == len(kept)
    assert {key: again.get(key) for key in kept} == kept
    assert again.get("never put\0") is None


def test_half_a_line_is_no_cell_and_spoils_no_other(tmp_path: Path) -> None:
    file = tmp_path / "cells.jsonl"
    Cells(file).put("a", "1")
    with file.open("a", encoding="utf-8") as out:
        out.write('["b", "2')
    begun = Cells(file)
    assert begun.get("b") is None
    begun.put("c", "3")
    begun.put("d", "4")
    again = Cells(file)
    assert [again.get(key) for key in "abcd"] == ["1", None, "3", "4"]
