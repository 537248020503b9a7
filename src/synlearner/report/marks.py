"""Why each row: everything that a filter said of a written row, kept or dropped, as one table.

Comes in: a run folder. Goes out: `tables/marks.csv`, from the ledger, with the step and the prompt that `_meta` of a row names as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from synlearner.report.files import csv_text
from synlearner.report.table import Cell
from synlearner.store.files import write_text
from synlearner.store.ledger import Ledger

COLUMNS = ("task", "step", "prompt_id", "filter", "dropped", "reason", "detail")


def write_marks(folder: Path) -> Path:
    """Write the table into the run folder, as a whole."""
    with Ledger.open(folder, read_only=True) as ledger:
        return write_text(folder / "tables" / "marks.csv", csv_text(COLUMNS, marks(ledger)))


def marks(ledger: Ledger) -> Iterator[tuple[Cell, ...]]:
    """Rows of the table in the order in which they were made. Of a step that was begun twice the later one counts, as in the summary."""
    for step in {(s.task, s.name): s for s in ledger.steps()}.values():
        for mark in ledger.marks(step.key):
            yield step.task, step.name, mark.prompt_id, mark.filter, "yes" if mark.drop else "no", mark.reason, mark.detail
