"""The tables of ladders: as values for the page and the CSV files, and for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synlearner.report.audit.words import share_text
from synlearner.report.console import rich_table, rich_text, show, visible
from synlearner.report.ladders.schema import Ladders
from synlearner.report.ladders.words import MARKS
from synlearner.report.spending import amount, paid
from synlearner.report.table import Cell, Table, limits

if TYPE_CHECKING:
    from rich.table import Table as RichTable


def tables(found: Ladders) -> dict[str, Table]:
    """All tables by name."""
    return {t.name: t for t in (climbs(found), levels(found), pairs(found), cost(found))}


def climbs(found: Ladders) -> Table:
    """Every reward on every ladder."""
    columns = ("reward", "damage", "verdict", "tau", "low", "high", "change", "low", "high", "pairs", "lower when damaged", "higher when damaged", "unscored", "why not")
    rows = tuple(
        (
            r.name,
            c.damage,
            c.verdict,
            *limits(c.tau),
            *limits(c.change),
            c.pairs,
            c.right,
            c.wrong,
            sum(c.unscored.values()),
            "; ".join(c.unscored) or c.tau.reason or None,
        )
        for r in found.rewards
        for c in r.climbs
    )
    return Table("climbs", "Kendall's tau of rung and falling mean score, and the mean change of a row's score when it is damaged", columns, rows)


def levels(found: Ladders) -> Table:
    """The mean score on every rung."""
    columns = ("reward", "damage", *(f"{round(100 * i / (found.rungs - 1))} % damaged" for i in range(found.rungs)))
    rows = tuple((r.name, c.damage, *c.means) for r in found.rewards for c in r.climbs)
    return Table("levels", "Mean score by share of damaged rows", columns, rows)


def pairs(found: Ladders) -> Table:
    """How judges compare whole and damaged rows."""
    columns = ("judge", "whole row won", "damaged row won", "ties", "changed with the order", "position bias", "unscored", "share of the whole row")
    rows = tuple((p.judge, p.whole, p.damaged, p.ties, p.inconsistent, p.bias, p.unscored, p.share) for p in found.pairs)
    return Table("pairs", "Whole rows against the same rows damaged, each pair in both orders", columns, rows)


def cost(found: Ladders) -> Table:
    """What was asked of servers and of local models."""
    s = found.spending
    rows: list[tuple[Cell, ...]] = [
        (p.model, p.requests, p.tokens_in, p.tokens_out, amount(p.money) if p.money is not None else None, p.currency or None, p.reason or None) for p in s.models
    ]
    if s.local_in or s.local_out:
        rows.append(("local", None, s.local_in, s.local_out, None, None, "nothing is paid for local models"))
    return Table("cost", "What was asked, by model", ("model", "requests", "tokens in", "tokens out", "money", "currency", "what is missing"), tuple(rows))


# ── the terminal ────────────────────────────────────────────────────────


def show_ladders(found: Ladders) -> None:
    """Print what is said of every reward to stdout."""
    from rich.console import Console

    console = Console()
    for reward in found.rewards:
        show(_table(found, reward.name))
    compared = [
        f"{p.judge} compared {p.whole + p.damaged + p.ties + p.inconsistent} pairs in both orders: the whole row won {p.whole}, the damaged one {p.damaged}, ties {p.ties}, "
        f"changed with the order {p.inconsistent}."
        for p in found.pairs
    ]
    s = found.spending
    local = [f"Local models read {s.local_in:,} tokens and wrote {s.local_out:,}."] if s.local_in or s.local_out else []
    for line in [found.answer, *(r.sentence for r in found.rewards), *compared, *paid(s), *local, *(f"Caution: {reason}" for reason in found.distrust)]:
        console.print(visible(line), markup=False, highlight=False)


def _table(found: Ladders, name: str) -> RichTable:
    table = rich_table(f"{found.name}: {name} on ladders of damage", ["damage", "verdict"], ["tau", "lower when\ndamaged", "change", "unscored"])
    table.collapse_padding, table.pad_edge = True, False
    for c in next(r for r in found.rewards if r.name == name).climbs:
        change = "–" if c.change.value is None else f"{c.change.value:+.3f}".replace("-", "−")
        table.add_row(rich_text(c.damage), MARKS[c.verdict], share_text(c.tau), f"{c.right} of {c.pairs}", change, str(sum(c.unscored.values())))
    return table
