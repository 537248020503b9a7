"""Every table of the report, once: as values for CSV files and the page, and as rich tables for the terminal.

Comes in: a `Summary`. Goes out: `Table` values; `write_tables` puts each one under its name into `tables/`.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from synlearner.report.console import show, visible
from synlearner.report.leaning import groups
from synlearner.report.remembering import lessons, recalled, standings
from synlearner.report.schema import SETS, Believed, Counts, Interval, Summary, TaskSummary
from synlearner.report.spending import amount, paid
from synlearner.report.table import Cell, Table
from synlearner.report.words import (
    METRICS,
    ROWS_COMPARED,
    SET_NAMES,
    TRANSFER,
    VERDICTS,
    counts_text,
    gain_text,
    headline,
    interval_text,
    percent,
    quantity_text,
    recovered_text,
    verdict,
)
from synlearner.store.files import write_text

if TYPE_CHECKING:
    from rich.table import Table as RichTable

# The sets' names in a column of the terminal.
HEADS = {"seeds_only": "seeds\nonly", "synthetic": "synthetic", "synthetic_and_seeds": "synthetic\n+ seeds", "real": "real"}
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_SIGNS, _BREAKS = ("=", "+", "-", "@"), ("\t", "\r", "\n")
_UNSEEN = {"Zs", "Zl", "Zp", "Cc", "Cf"}


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


def write_tables(summary: Summary, folder: Path) -> list[Path]:
    """Write every table to `folder/tables/<name>.csv`, each as a whole."""
    return [write_text(folder / "tables" / f"{t.name}.csv", csv_text(t.columns, t.rows)) for t in tables(summary).values()]


def tables(summary: Summary) -> dict[str, Table]:
    """All tables by name."""
    quality = (scores, gains, matrix, transfer, bias, groups, diversity, labels, counts, rejections)
    learning = (warm_starts, judges, finetune, reinforce, rewards, recalled, lessons, standings, rounds, chosen)
    made = (*quality, *learning, cost, spending)
    return {t.name: t for t in (make(summary) for make in made)}


# ── the tables ──────────────────────────────────────────────────────────


def scores(summary: Summary) -> Table:
    """Accuracy by task and training set."""
    columns = ("task", "trained on", "accuracy", "low", "high", "level", "macro F1", "gold rows")
    rows = []
    for task in summary.tasks:
        for name in SETS:
            s = getattr(task.scores, name) if task.scores else None
            rows.append((task.name, SET_NAMES[name], *((s.mean, s.low, s.high, s.level, s.macro_f1, s.n) if s else (None,) * 5 + (task.gold,))))
    return Table("scores", "Accuracy of fresh students on gold rows, with bootstrap intervals", columns, tuple(rows))


def gains(summary: Summary) -> Table:
    """What synthetic rows added to the seeds."""
    columns = ("position", "task", "verdict", "gain", "low", "high", "level", "gap recovered %", "gap low", "gap high", "rows", "state")
    rows = []
    for i, t in enumerate(summary.tasks, 1):
        g, p = t.gain, t.pgr_interval
        rows.append(
            (
                i,
                t.name,
                verdict(t),
                *((g.mean, g.low, g.high, g.level) if g else (None,) * 4),
                t.pgr,
                *((p.low, p.high) if p else (None,) * 2),
                t.dataset.rows if t.dataset else None,
                t.state,
            )
        )
    return Table("gains", "Gain of synthetic + seeds over seeds only (paired difference of accuracies)", columns, tuple(rows))


def matrix(summary: Summary) -> Table:
    """The matrix with a column per task."""
    rows = [(row.after, *(c.mean if c else None for c in row.cells)) for row in summary.matrix.rows]
    return Table("matrix", "Accuracy by point of the stream (rows) and task (columns)", ("point", *summary.matrix.tasks), tuple(rows))


def transfer(summary: Summary) -> Table:
    """Transfer numbers with interval and definition."""
    columns = ("quantity", "value", "low", "high", "level", "what is missing", "definition")
    found = [(title, getattr(summary.transfer, name), meaning) for name, (title, meaning) in TRANSFER.items()]
    rows = tuple(
        (title, q.value, *((q.interval.low, q.interval.high, q.interval.level) if q.interval else (None,) * 3), q.reason or q.remark or None, meaning)
        for title, q, meaning in found
    )
    return Table("transfer", "Transfer and forgetting, from the matrix, with paired bootstrap intervals", columns, rows)


def bias(summary: Summary) -> Table:
    """What people say of the rows, beside our score, by task and label."""
    columns = ("task", "label", "rows", "judged", "our score", "people", "difference", "low", "high", "rank correlation", "rho2", "verdicts saved", "quality", "q low", "q high")
    rows = tuple(
        (s.task, s.label or "all", s.rows, s.judged, s.score, s.people, *_limits(s.difference), s.rank, s.rho2, s.saved, *_limits(s.quality)) for s in summary.feedback.slices
    )
    return Table("bias", "Feedback bias: our score and people's verdicts, and the share of all rows that people would accept", columns, rows)


def _limits(found: Interval | None) -> tuple[Cell, Cell, Cell]:
    return (found.mean, found.low, found.high) if found else (None, None, None)


def metrics_of(task: TaskSummary) -> list[str]:
    """Names of the diversity metrics that a task has in any set, known ones first."""
    sets = [s for s in task.dataset.diversity.values() if s] if task.dataset else []
    found = list(dict.fromkeys(name for s in sets for name in s if name != ROWS_COMPARED))
    return sorted(found, key=lambda name: (list(METRICS).index(name) if name in METRICS else len(METRICS), name))


def diversity(summary: Summary) -> Table:
    """Diversity metrics of synthetic rows beside seeds and real rows."""
    rows = []
    for task in summary.tasks:
        sets = task.dataset.diversity if task.dataset else {}
        for name in metrics_of(task):
            title, _, better = METRICS.get(name, (name, "", ""))
            rows.append((task.name, title, f"{better} is more varied" if better else None, *((sets.get(s) or {}).get(name) for s in ("synthetic", "seeds", "real"))))
    return Table("diversity", "Diversity of the texts by set", ("task", "metric", "direction", "synthetic", "seeds", "real"), tuple(rows))


def labels(summary: Summary) -> Table:
    """Rows per label of the final data sets."""
    rows = tuple((t.name, label, n) for t in summary.tasks if t.dataset for label, n in t.dataset.per_label.items())
    return Table("labels", "Rows of the data set by label", ("task", "label", "rows"), rows)


MORE = ("tokens in", "tokens out", "agreement")


def judges(summary: Summary) -> Table:
    """What judges did on each task, and how far they are to be believed."""
    columns = ("task", "judge", "measured on", "known rows", "accuracy", "low", "high", "chance", "calibration error", "rank", "order", "believed", "asked", "no score", *MORE)
    rows: list[tuple[Cell, ...]] = []
    for task, j in ((t.name, t.judging) for t in summary.tasks if t.judging):
        uses = [(u, (sum(u.asked.values()), sum(u.silent.values()), u.tokens_in, u.tokens_out)) for u in j.judges]
        rows += [(task, u.name, j.source, *_believed(u.known), *use, j.agreement) for u, use in uses]
        if j.people:
            rows.append((task, "all judges", "people since", *_believed(j.people), None, None, None, None, j.agreement))
    return Table("judges", "What judges did, and how they do on rows that somebody knows about", columns, tuple(rows))


def _believed(known: Believed | None) -> tuple[Cell, ...]:
    if known is None:
        return (None,) * 9
    limits = (known.accuracy.mean, known.accuracy.low, known.accuracy.high) if known.accuracy else (None, None, None)
    return known.rows, *limits, known.chance, known.error, known.rank, known.order, not known.reason


def written(summary: Summary) -> list[tuple[str, str, Counts]]:
    """Every kind of writing that has finished steps: (task, what for, counts)."""
    found = [(t.name, name, c) for t in summary.tasks for name, c in (("warm start", t.probe), ("explore", t.explore), ("synthesis", t.synthesis)) if c]
    return [*found, *([("all tasks", "matrix", summary.matrix.counts)] if summary.matrix.counts else [])]


def counts(summary: Summary) -> Table:
    """What became of every prompt."""
    columns = ("task", "for", "planned", "kept", "rejected", "failed", "corrected", "unscored", "tokens in", "tokens out", "seconds")
    rows = tuple(
        (task, what, c.planned, c.kept, c.dropped, c.failed, c.corrected, sum(c.unscored.values()), c.tokens_in, c.tokens_out, round(c.seconds, 3))
        for task, what, c in written(summary)
    )
    return Table("counts", "What became of the prompts: planned = kept + rejected + failed", columns, rows)


def rejections(summary: Summary) -> Table:
    """Rejected rows by reason."""
    rows = tuple((task, what, reason, n) for task, what, c in written(summary) for reason, n in c.rejected.items())
    return Table("rejections", "Rejected rows by reason", ("task", "for", "reason", "rows"), rows)


def warm_starts(summary: Summary) -> Table:
    """What each task could start from, and what it started from."""
    columns = ("task", "candidate", "chosen", "of task", "similarity", "mean", "prompts", "difference to fresh", "standard error", "pairs")
    rows = tuple(
        (t.name, c.name, "yes" if c.name == t.warm_start.chosen else "no", c.task or None, c.similarity, c.mean, c.n, c.difference, c.error, c.pairs)
        for t in summary.tasks
        if t.warm_start
        for c in t.warm_start.candidates
    )
    return Table("warm_starts", "What each task could start from, with what a probe measured (worth in 0 to 1)", columns, rows)


def finetune(summary: Summary) -> Table:
    """What the generator learnt."""
    columns = ("task", "lessons", "replayed", "loss first", "loss last", "seconds", "skipped because")
    found = [(t.name, t.finetune) for t in summary.tasks if t.finetune]
    return Table(
        "finetune", "Fine-tuning of the generator", columns, tuple((n, f.lessons, f.replayed, f.loss_first, f.loss_last, round(f.seconds, 3), f.skipped or None) for n, f in found)
    )


def reinforce(summary: Summary) -> Table:
    """Every step of learning from rewards."""
    found = [(t.name, entry) for t in summary.tasks if t.reinforce for entry in t.reinforce.curve]
    names = list(dict.fromkeys(name for _, entry in found for name in entry if name != "step"))
    return Table(
        "reinforce", "Learning from rewards, step by step", ("task", "step", *names), tuple((task, entry.get("step"), *(entry.get(n) for n in names)) for task, entry in found)
    )


def rewards(summary: Summary) -> Table:
    """What learning from rewards changed on prompts that it was not trained on."""
    rows: list[tuple[Cell, ...]] = []
    for task, r in ((t.name, t.reinforce) for t in summary.tasks if t.reinforce):
        if r.before is None or r.after is None:
            continue
        rows.append((task, "worth of a draft", r.before, r.after, r.difference, r.standard_error, r.adopted))
        before, after = r.rewards.get("before", {}), r.rewards.get("after", {})
        rows += [(task, n, before[n], after[n], after[n] - before[n], None, None) for n in before if n in after]
    columns = ("task", "reward", "before", "after", "difference", "standard error", "kept")
    return Table("rewards", "Rewards on the probe before and after learning from them", columns, tuple(rows))


def rounds(summary: Summary) -> Table:
    """Learning curves over rows and over cost."""
    scores = ("development score", "development rows", "gold", "low", "high", "level")
    columns = ("task", "chosen by", "round", "rows", *scores, "tokens in", "tokens out", "seconds", "money", "currency")
    found = [(t.name, t.rounds, p) for t in summary.tasks if t.rounds for p in t.rounds.points]
    rows: list[tuple[Cell, ...]] = []
    for task, r, p in found:
        gold = (p.gold.mean, p.gold.low, p.gold.high, p.gold.level) if p.gold else (None,) * 4
        money = None if p.money is None else float(p.money)
        rows.append((task, r.by, p.round, p.rows, p.dev, p.dev_rows, *gold, p.tokens_in, p.tokens_out, p.seconds, money, r.currency or None))
    return Table("rounds", "Learning curves: scores before the first round and after each, with what the rows took so far", columns, tuple(rows))


def chosen(summary: Summary) -> Table:
    """Every row that a round was written around."""
    columns = ("task", "round", "rank", "row", "label", "asked for", "origin", "criterion", "score", "how", "candidates")
    found = [(t.name, c, r) for t in summary.tasks if t.rounds for c in t.rounds.choices for r in c.rows]
    rows = tuple((task, c.round, r.rank, r.row, r.label, r.asked_for or r.label, r.origin, r.criterion, r.score, r.how, c.candidates) for task, c, r in found)
    return Table("chosen", "Rows that rounds were written around, and why", columns, rows)


def phases(task: TaskSummary) -> dict[str, float]:
    """Seconds of a task's finished steps by what they were for."""
    known = {name: part.seconds for name, part in (("explore", task.explore), ("fine-tune", task.finetune), ("reinforce", task.reinforce), ("synthesis", task.synthesis)) if part}
    return {**known, "students and rest": max(0.0, task.seconds - sum(known.values()))}


def cost(summary: Summary) -> Table:
    """Time by task and phase."""
    rows = [(t.name, phase, round(s, 3)) for t in summary.tasks if t.state != "waiting" for phase, s in phases(t).items()]
    rows += [("all tasks", "matrix (writing)", round(summary.matrix.counts.seconds, 3))] if summary.matrix.counts else []
    return Table("cost", "Seconds of the finished steps", ("task", "phase", "seconds"), tuple(rows))


def spending(summary: Summary) -> Table:
    """Requests and money by model."""
    columns = ("model", "requests", "ended", "tokens in", "tokens out", "untold", "price in", "price out", "currency", "prices of", "money", "at most", "why unknown")
    rows = tuple(
        (
            p.model,
            p.requests,
            ", ".join(f"{n} {outcome}" for outcome, n in p.outcomes.items()),
            p.tokens_in,
            p.tokens_out,
            p.untold,
            *(None if v is None else amount(v) for v in (p.price_in, p.price_out)),
            p.currency or None,
            p.prices or None,
            *(None if v is None else amount(v) for v in (p.money, p.at_most)),
            p.reason or None,
        )
        for p in (summary.spending.models if summary.spending else ())
    )
    return Table("spending", "Requests to servers and what they cost; prices are those of a million tokens", columns, rows)


# ── the terminal ────────────────────────────────────────────────────────


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


def rich_table(title: str, left: Sequence[str], right: Sequence[str] = ()) -> RichTable:
    """An empty table for the terminal with columns to the left and numbers to the right."""
    from rich import box
    from rich.table import Table as Rich

    table = Rich(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for name in left:
        table.add_column(rich_text(name), overflow="fold")
    for name in right:
        table.add_column(rich_text(name), justify="right", overflow="fold")
    return table


def rich_text(value: str) -> str:
    """A text that is no markup and drives no terminal."""
    from rich.markup import escape

    return escape(visible(value))


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
