"""Everything that a report puts into a run folder, in one call, for finished and unfinished runs."""

from __future__ import annotations

from pathlib import Path

from synlearner.report.marks import write_marks
from synlearner.report.page import write_page
from synlearner.report.schema import Summary
from synlearner.report.summary import write_summary
from synlearner.report.tables import write_tables
from synlearner.store.files import write_text
from synlearner.stream.identity import as_toml


def write_all(folder: str | Path) -> Summary:
    """Write run.toml, summary.json, tables/*.csv and report.html. Raises LedgerError where there is no run."""
    folder = Path(folder)
    summary = write_summary(folder)
    write_text(folder / "run.toml", as_toml(summary.settings))
    write_tables(summary, folder)
    write_marks(folder)
    write_page(folder, summary)
    return summary
