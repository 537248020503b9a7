"""What a run's summary looks like in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synlearner.report.console import rich_table, rich_text, show, visible
from synlearner.report.schema import SETS, Summary, TaskSummary
from synlearner.report.spending import paid
from synlearner.report.tables import written
from synlearner.report.words import TRANSFER, VERDICTS, counts_text, gain_text, headline, interval_text, percent, quantity_text, recovered_text, verdict

if TYPE_CHECKING:
    from rich.table import Table as RichTable

# The sets' names in a column of the terminal.
HEADS = {"seeds_only": "seeds\nonly", "synthetic": "synthetic", "synthetic_and_seeds": "synthetic\n+ seeds", "real": "real"}


def show_summary(summary: Summary) -> None:
    """Print the headline, the scores, the counts, the matrix and transfer to stdout."""
    from rich.console import Console

    console = Console()
    for table in terminal_tables(summary):
        show(table)
    said = headline(summary)
    for line in (said.answer, *said.details, *paid(summary.spending)):
        console.print(visible(line), markup=False, highlight=False)
    if summary.missing:
        console.print(f"UNFINISHED: {visible('; '.join(summary.missing))}", markup=False, highlight=False)


def terminal_tables(summary: Summary) -> list[RichTable]:
    """The main tables for a terminal: scores, the gap recovered where there are real rows, counts and, where there is one, the matrix with the transfer numbers."""
    shown = [_scores(summary), *([_recovered(summary)] if any(t.pgr is not None for t in summary.tasks) else []), _counts(summary)]
    return [*shown, _matrix(summary), _transfer(summary)] if summary.matrix.rows else shown


def _scores(summary: Summary) -> RichTable:
    """Scores as mean over interval, two lines a cell and as narrow as they can be: pipes and logs get 80 columns. Columns that nobody
    measured are left out; where all of it is too wide, names of tasks are broken and numbers never.
    """
    state = "" if summary.state == "finished" else " (unfinished run)"
    sets = [n for n in SETS if n != "real" or any(t.scores and t.scores.real for t in summary.tasks)]
    table = rich_table(f"Scores on gold, in %, with {summary_level(summary)} intervals{state}\n", ["task"], [])
    table.collapse_padding, table.pad_edge, table.show_edge = True, False, False
    table.columns[0].min_width = min(6, max(len(t.name) for t in summary.tasks))
    for head in (*(HEADS[n] for n in sets), "gain in\npoints"):
        table.add_column(head, justify="right", no_wrap=True)
    for t in summary.tasks:
        cells = [_two_lines(interval_text(getattr(t.scores, name) if t.scores else None)) for name in sets]
        table.add_row(rich_text(t.name), *cells, _gain(t))
    legend = "   ".join(name for said, name in VERDICTS.items() if said != "unmeasured") if any(t.gain for t in summary.tasks) else ""
    table.caption, table.caption_justify = f"{legend}\n", "left"
    return table


def _recovered(summary: Summary) -> RichTable:
    table = rich_table("Share of the gap between seeds and real rows that synthetic rows recover", ["task"], ["gap recovered"])
    for t in summary.tasks:
        table.add_row(rich_text(t.name), recovered_text(t))
    return table


def _gain(task: TaskSummary) -> str:
    return f"{VERDICTS[verdict(task)][0]} {_two_lines(gain_text(task.gain))}" if task.gain else "not\nmeasured"


def _two_lines(text: str) -> str:
    """A mean over its interval, without the brackets and decimals that tell nothing."""
    return text.replace("100.0", "100").replace(" (", "\n", 1).removesuffix(")")


def summary_level(summary: Summary) -> str:
    """The level of the intervals as people write it."""
    levels = {t.gain.level for t in summary.tasks if t.gain}
    return f"{100 * levels.pop():g} %" if len(levels) == 1 else "bootstrap"


def _counts(summary: Summary) -> RichTable:
    table = rich_table("What became of the prompts", ["task", "for", "counts", "rejected for"])
    for task, what, c in written(summary):
        reasons = ", ".join(f"{n} {reason}" for reason, n in c.rejected.items())
        table.add_row(rich_text(task), what, counts_text(c), rich_text(reasons))
    return table


def _matrix(summary: Summary) -> RichTable:
    table = rich_table("Matrix: score in % after each task (rows) on each task (columns)", [""], summary.matrix.tasks)
    for row in summary.matrix.rows:
        table.add_row(rich_text(row.after), *(percent(c.mean if c else None) for c in row.cells))
    return table


def _transfer(summary: Summary) -> RichTable:
    table = rich_table("Transfer and forgetting, in points", ["quantity"], ["value"])
    for name, (title, _) in TRANSFER.items():
        q = getattr(summary.transfer, name)
        table.add_row(title, rich_text(q.reason) if q.value is None else quantity_text(q, signed=name != "average"))
    return table
