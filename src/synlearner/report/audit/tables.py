"""The tables of an audit: as values for the page and the CSV files, and for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synlearner.report.audit.schema import Audit
from synlearner.report.audit.words import MARKS, points_text, share_text, survival_text
from synlearner.report.console import rich_table, rich_text, show, visible
from synlearner.report.table import Table, limits
from synlearner.report.words import share

if TYPE_CHECKING:
    from rich.table import Table as RichTable


def tables(found: Audit) -> dict[str, Table]:
    """All tables by name."""
    return {t.name: t for t in (functions(found), buckets(found), repeats(found), agreement(found), survival(found), medians(found))}


def functions(found: Audit) -> Table:
    """What is said of every function."""
    columns = ("function", "verdict", "spearman", "low", "high", "kendall", "low", "high", "over random", "low", "high", "with words", "scored", "unscored", "why not")
    rows = tuple(
        (
            f.name,
            f.verdict,
            *limits(f.spearman),
            *limits(f.kendall),
            *limits(f.over_random),
            f.with_words,
            f.scored,
            sum(f.unscored.values()),
            f.spearman.reason or "; ".join(f.unscored) or None,
        )
        for f in found.functions
    )
    return Table("functions", "Rank correlation of score and gain, and the highest scores against random rows (difference of accuracies)", columns, rows)


def buckets(found: Audit) -> Table:
    """Every bucket of every function."""
    columns = ("function", "bucket", "rows", "mean score", "mean words", "gain", "low", "high")
    rows = tuple((f.name, b.number, b.rows, b.score, b.words, *limits(b.gain)) for f in found.functions for b in f.buckets)
    return Table("buckets", "Gain of students that learn a bucket beside the seeds (difference of accuracies)", columns, rows)


def repeats(found: Audit) -> Table:
    """The gain of every bucket in every repeat."""
    rows = tuple((f.name, b.number, i, gain) for f in found.functions for b in f.buckets for i, gain in enumerate(b.gains, 1))
    return Table("repeats", "The same in each repeat", ("function", "bucket", "repeat", "gain"), rows)


def agreement(found: Audit) -> Table:
    """How alike functions order rows, as a square."""
    names = [f.name for f in found.functions if any(a.first == f.name for a in found.agreement)]
    values = {(a.first, a.second): a.value for a in found.agreement}
    return Table("agreement", "Rank correlation of the scores of every two functions", ("function", *names), tuple((a, *(values[a, b] for b in names)) for a in names))


def survival(found: Audit) -> Table:
    """Scores before and after generation."""
    columns = ("function", "pairs", "sets", "low", "high", "single rows", "low", "high", "what is missing")
    rows = tuple((s.function, s.pairs, *limits(s.sets), *limits(s.items), s.sets.reason or s.items.reason or None) for s in found.survival)
    return Table("survival", "Rank correlation of scores before and after generation: medians of sets, and single rows within labels", columns, rows)


def medians(found: Audit) -> Table:
    """The medians of sets before and after generation."""
    rows = tuple((s.function, i, before, after) for s in found.survival for i, (before, after) in enumerate(s.medians, 1))
    return Table("medians", "Median score of each bucket before generation, and of what was written around it", ("function", "bucket", "before", "after"), rows)


# ── the terminal ────────────────────────────────────────────────────────


def show_audit(found: Audit) -> None:
    """Print what is said of every function to stdout."""
    from rich.console import Console

    console = Console()
    show(_table(found))
    lines = [found.answer, *(f.sentence for f in found.functions if not f.control), *map(survival_text, found.survival), *(f"Caution: {reason}" for reason in found.distrust)]
    for line in lines:
        console.print(visible(line), markup=False, highlight=False)


def _table(found: Audit) -> RichTable:
    table = rich_table(f"{found.name}: score against gain, with {share(found.level)} intervals", ["function", "verdict"])
    table.collapse_padding, table.pad_edge = True, False
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    for title in ("rank\ncorrelation", "highest minus\nrandom, points"):
        table.add_column(title, justify="right", no_wrap=True)
    for f in found.functions:
        table.add_row(
            rich_text(f.name) + (" (control)" if f.control else ""),
            MARKS[f.verdict],
            *(text.replace(" (", "\n", 1).removesuffix(")") for text in (share_text(f.spearman), points_text(f.over_random))),
        )
    return table
