"""The tables of a comparison: as values for the page and the CSV file, and for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synlearner.report.comparison.schema import ArmResult, Comparison
from synlearner.report.console import rich_table, rich_text, show, visible
from synlearner.report.schema import SETS, Quantity
from synlearner.report.table import Cell, Table, limits
from synlearner.report.words import SET_NAMES, VERDICTS, percent, points, quantity_text, share

if TYPE_CHECKING:
    from rich.table import Table as RichTable

# The quantities of an arm that are scores or differences of scores: name -> (title, whether a sign is shown).
OF_ARM = {
    "score_with_history": ("score, with history", False),
    "score": ("score, all tasks", False),
    "average": ("final score, matrix", False),
    "backward_transfer": ("backward transfer", True),
    "forgetting": ("forgetting", True),
    "zero_shot_forward": ("zero-shot forward", True),
    "intransigence": ("intransigence", True),
}

IN_TERMINAL = ("score_with_history", "score", "backward_transfer", "forgetting")


def tables(found: Comparison) -> dict[str, Table]:
    """All tables by name."""
    return {t.name: t for t in (contrasts(found), arms(found), by_task(found), curves(found), wins(found), runs(found))}


def contrasts(found: Comparison) -> Table:
    """The stream against every other arm."""
    columns = ("against", "measured on", "verdict", "difference", "low", "high", "pairs", "planned", "what is missing")
    rows = tuple((c.against, c.source, c.verdict, *limits(c.value), c.pairs, c.planned, c.value.reason or c.value.remark or None) for c in found.contrasts)
    return Table("contrasts", "The stream minus another arm on tasks with a history (paired difference of accuracies)", columns, rows)


def arms(found: Comparison) -> Table:
    """Every quantity of every arm."""
    rows: list[tuple[Cell, ...]] = []
    for arm in found.arms:
        named = {**{title: getattr(arm, name) for name, (title, _) in OF_ARM.items()}, "gap recovered %": arm.pgr}
        rows += [(arm.arm, title, *limits(q), arm.runs, q.reason or q.remark or None) for title, q in named.items()]
    return Table("arms", "Arms over all their finished runs", ("arm", "quantity", "value", "low", "high", "runs", "what is missing"), tuple(rows))


def by_task(found: Comparison) -> Table:
    """The stream against every other arm, task by task."""
    columns = ("against", "order", "position", "task", "difference", "low", "high", "what is missing")
    rows = tuple((c.against, c.order, c.position, c.task, *limits(c.value), c.value.reason or c.value.remark or None) for c in found.by_task)
    return Table("by_task", "The stream minus another arm by task, over the seeds", columns, rows)


def curves(found: Comparison) -> Table:
    """Learning curves over rows and what they cost, and at their last point the difference to chance."""
    shares = ("rows", "tokens", "seconds", "money")
    columns = ("arm", "runs", "round", "rows", "tokens", "seconds", "money", "currency", "score", "low", "high", "minus chance", "difference low", "difference high")
    rows: list[tuple[Cell, ...]] = []
    for c in found.curves:
        ends = (*limits(c.last), *(getattr(c, f"share_of_{name}") for name in shares))
        for p in c.points:
            cost = (p.rows, p.tokens, p.seconds, p.money, c.currency or None)
            rows.append((c.arm, c.runs, p.round, *cost, *limits(p.score), *(ends if p is c.points[-1] else (None,) * len(ends))))
    return Table("curves", "Learning curves of the ways to choose rows", (*columns, *(f"share of {name}" for name in shares)), tuple(rows))


def wins(found: Comparison) -> Table:
    """How often each way to choose has the higher score than each other."""
    arms = [c.arm for c in found.curves]
    rates: dict[tuple[str, str], Cell] = {(w.arm, w.against): w.rate for w in found.wins}
    rows = tuple((arm, *(rates.get((arm, other)) for other in arms)) for arm in arms)
    return Table("wins", "Share of tasks, orders, seeds and rounds in which the row has a higher score than the column; equal scores count half", ("arm", *arms), rows)


def runs(found: Comparison) -> Table:
    """Every run, a line per task; a run that has not begun has one line without."""
    columns = ("arm", "order", "seed", "state", "position", "task", "rows", "gold rows", *(SET_NAMES[n] for n in SETS), "gap recovered %", "matrix cell", "folder")
    rows: list[tuple[Cell, ...]] = []
    for r in found.runs:
        head = (r.arm, r.order, r.seed, r.state)
        rows += [(*head, t.position, t.task, t.rows, t.gold, *(getattr(t, n) for n in SETS), t.pgr, t.cell, r.folder) for t in r.tasks] or [(*head, *(None,) * 10, r.folder)]
    return Table("runs", "Scores of every run by task", columns, tuple(rows))


# ── the terminal ────────────────────────────────────────────────────────


def show_comparison(found: Comparison) -> None:
    """Print the arms, the contrasts and the answer to stdout."""
    from rich.console import Console

    console = Console()
    for table in (_arms(found), _contrasts(found)):
        show(table)
    for line in (found.answer, *found.details, *(f"Caution: {reason}" for reason in found.distrust)):
        console.print(visible(line), markup=False, highlight=False)


def quantity(q: Quantity, *, signed: bool) -> str:
    """A quantity over its interval."""
    if q.value is None:
        return "–"
    write, between = (points, " to ") if signed else (_percent, "–")
    return f"{write(q.value)}\n{write(q.interval.low)}{between}{write(q.interval.high)}" if q.interval else write(q.value)


def _percent(value: float | None) -> str:
    return percent(value)


def _arms(found: Comparison) -> RichTable:
    shown = {n: what for n, what in OF_ARM.items() if n in IN_TERMINAL and any(getattr(a, n).value is not None for a in found.arms)}
    table = rich_table(f"Arms, scores in % and differences in points, with {share(found.level)} intervals", ["arm", "runs"])
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    table.collapse_padding, table.pad_edge = True, False
    for title, _ in shown.values():
        table.add_column(title.replace(", ", ",\n").replace("backward ", "backward\n"), justify="right", no_wrap=True)
    for a in found.arms:
        table.add_row(rich_text(a.arm), _runs(a), *(quantity(getattr(a, name), signed=signed) for name, (_, signed) in shown.items()))
    return table


def _runs(arm: ArmResult) -> str:
    return f"as {arm.same_as}" if arm.same_as else f"{arm.runs} of {arm.planned}"


def _contrasts(found: Comparison) -> RichTable:
    table = rich_table("The stream minus another arm, on tasks with a history, in points", ["against", "on", "verdict"])
    table.columns[0].no_wrap, table.pad_edge = True, False
    table.add_column("difference", justify="right", no_wrap=True)
    table.add_column("pairs", justify="right")
    for c in found.contrasts:
        table.add_row(rich_text(c.against), c.source, VERDICTS[c.verdict], "–" if c.value.value is None else quantity_text(c.value), f"{c.pairs} of {c.planned}")
    return table
