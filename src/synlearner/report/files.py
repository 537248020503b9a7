"""What a report saves: texts as they are, and tables as CSV in which no spreadsheet finds a formula."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from synlearner.report.table import Cell, Table
from synlearner.store.files import write_text

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_SIGNS, _BREAKS = ("=", "+", "-", "@"), ("\t", "\r", "\n")
_UNSEEN = {"Zs", "Zl", "Zp", "Cc", "Cf"}


def save(folder: Path, files: Mapping[str, str | Table]) -> list[Path]:
    """Write texts, and tables as CSV, under their names into `folder`, each as a whole."""
    return [write_text(folder / name, what if isinstance(what, str) else csv_text(what.columns, what.rows)) for name, what in files.items()]


def sheets(made: Mapping[str, Table]) -> dict[str, str | Table]:
    """Tables under the names of their files."""
    return {f"tables/{table.name}.csv": table for table in made.values()}


def guarded(cell: Cell) -> Cell:
    """A cell that no spreadsheet takes for a formula: a text that begins like one gets a leading apostrophe; numbers never do."""
    if not isinstance(cell, str) or _NUMBER.fullmatch(cell):
        return cell
    # Some spreadsheets read full-width signs as plain ones, and skip what cannot be seen before them.
    shown = next((c for c in cell if unicodedata.category(c) not in _UNSEEN), "")
    return f"'{cell}" if cell[:1] in _BREAKS or unicodedata.normalize("NFKC", shown) in _SIGNS else cell


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, guard: bool = True) -> str:
    """A table as CSV with a header line, comma and quotes as in RFC 4180; lines end with a line feed."""
    return "".join(_csv_line([guarded(c) for c in row] if guard else row) for row in (columns, *rows))


def _csv_line(row: Sequence[Cell]) -> str:
    out = io.StringIO()
    # The writer quotes the characters of its own line end: with both, a lone carriage return in a text is quoted as well.
    csv.writer(out, lineterminator="\r\n").writerow(row)
    return out.getvalue().removesuffix("\r\n") + "\n"
